"""What newspapers are given to print: press kits of showcase lessons and of campaigns."""
