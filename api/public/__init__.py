"""Pages of showcase lessons and campaigns for everybody (网络): plain HTML, feeds, and where short links lead."""
