-- Invented rows as they stood at revision 0001.

INSERT INTO hosts
  (id, kind, name, api_url, app_key, app_secret, safe_domain, settling_seconds, paused_until, created_at)
VALUES
  ('01a20a05-3218-7b49-8d77-c5913504ec22', 'WEIBO', 'sandbox', 'http://127.0.0.1:9', '1', 'release:4651e76329997b320d98e80503f9a44da2fab3f026f1919da93bbc8875feb835f6e092258b5af08a', 'qicai.example', '1', NULL, '2026-11-23 20:07:22.389161+00');

INSERT INTO keyed_requests
  (user_id, key, mutation, fingerprint, result, created_at)
VALUES
  ('01a20a05-3256-7b8c-8c90-3bf10938b870', 'a key', 'createCampaign', E'\\x00ff', '{"id": "01a20a05-3237-7d7b-90ac-1dcc924dde77"}', '2026-06-01 01:00:00+00');

INSERT INTO units
  (id, number, code, name, level, kind, parent_id, path, opened_on, closed_on)
VALUES
  ('01a20a05-31f9-7d9b-b48b-065b22c51bcb', '1', 'T1', 'nation', 'NATIONAL', 'TERRITORIAL', NULL, '00001.', '2010-05-04', NULL),
  ('01a20a05-320b-7081-a894-38e38aeb2c18', '2', 'T2', 'east', 'PROVINCIAL', 'TERRITORIAL', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.00002.', '2010-05-04', NULL),
  ('01a20a05-320b-7099-a989-a74bea32d6b5', '3', 'T3', 'west', 'PROVINCIAL', 'TERRITORIAL', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.00003.', '2010-05-04', NULL),
  ('01a20a05-320c-70e5-bec4-11e74911f32f', '6', 'T6', 'north county', 'COUNTY', 'TERRITORIAL', '01a20a05-320c-76b8-9f67-903f4bf728c4', '00001.00002.00004.00006.', '2010-05-04', NULL),
  ('01a20a05-320c-76b8-9f67-903f4bf728c4', '4', 'T4', 'east city', 'PREFECTURE', 'TERRITORIAL', '01a20a05-320b-7081-a894-38e38aeb2c18', '00001.00002.00004.', '2010-05-04', NULL),
  ('01a20a05-320c-7933-9089-56b317c8f583', '7', 'T7', 'south county', 'COUNTY', 'TERRITORIAL', '01a20a05-320c-76b8-9f67-903f4bf728c4', '00001.00002.00004.00007.', '2010-05-04', NULL),
  ('01a20a05-320c-7af4-8694-939fb8b32ac7', '5', 'T5', 'west city', 'PREFECTURE', 'TERRITORIAL', '01a20a05-320b-7099-a989-a74bea32d6b5', '00001.00003.00005.', '2010-05-04', NULL),
  ('01a20a05-320c-7c90-b851-f505c67667b2', '8', 'T8', 'far county', 'COUNTY', 'TERRITORIAL', '01a20a05-320c-7af4-8694-939fb8b32ac7', '00001.00003.00005.00008.', '2010-05-04', NULL),
  ('01a20a05-320c-7dd0-9ba2-9a109bf8da1a', '9', 'T9', 'north town', 'GRASSROOTS', 'TERRITORIAL', '01a20a05-320c-70e5-bec4-11e74911f32f', '00001.00002.00004.00006.00009.', '2010-05-04', NULL);

INSERT INTO users
  (id, login, name, created_at, disabled_at)
VALUES
  ('01a20a05-3231-7ad5-b111-fa1dd93be20a', 'reader', 'Reader', '2026-06-01 01:00:00+00', NULL),
  ('01a20a05-3239-79bf-8933-fb5e9149e8f7', 'scheduler 01a20a05-3239-72a4-857b-56d8c236c7d4', 'Scheduler 01A20A05-3239-72A4-857B-56D8C236C7D4', '2026-06-01 01:00:00+00', NULL),
  ('01a20a05-324b-7c8d-9eca-ae6ef57e2f54', 'scheduler 01a20a05-324b-7c6e-bb15-46b7bb75e03b', 'Scheduler 01A20A05-324B-7C6E-Bb15-46B7Bb75E03B', '2026-06-01 01:00:00+00', NULL),
  ('01a20a05-3256-7b8c-8c90-3bf10938b870', 'keeper', 'Keeper', '2026-06-01 01:00:00+00', NULL);

INSERT INTO accounts
  (id, unit_id, unit_path, level, host_id, uid, screen_name, state, token, token_expires_at, paused_until, created_at)
VALUES
  ('01a20a05-3220-72ee-b496-06c68b6b0395', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.', 'NATIONAL', '01a20a05-3218-7b49-8d77-c5913504ec22', '2000000001', 'nation account', 'ACTIVE', 'release:5d5528440a2f9f288e1c53c504e1ceca0b42cfcb21258ffdb1151e9213db10ca37', '2026-12-23 20:07:22.395102+00', NULL, '2026-11-23 20:07:22.395131+00'),
  ('01a20a05-3227-73f2-9e9a-7f86607cfb51', '01a20a05-320b-7081-a894-38e38aeb2c18', '00001.00002.', 'PROVINCIAL', '01a20a05-3218-7b49-8d77-c5913504ec22', '2000000002', 'east account', 'ACTIVE', 'release:7b5f7c01d373860c09cd7900074aa468264d26e44baef717b4e1a8744e7ff09447', '2026-12-23 20:07:22.405693+00', NULL, '2026-11-23 20:07:22.405715+00'),
  ('01a20a05-322b-7db2-9e71-540a53bd6a9d', '01a20a05-320c-70e5-bec4-11e74911f32f', '00001.00002.00004.00006.', 'COUNTY', '01a20a05-3218-7b49-8d77-c5913504ec22', '2000000006', 'north county account', 'ACTIVE', 'release:4e2265f54ab10a68ae573152b1671d1d4d5bf6f213458095ef87f8919b2bd8a36b', '2026-12-23 20:07:22.410493+00', NULL, '2026-11-23 20:07:22.410512+00'),
  ('01a20a05-322f-7b07-881b-a5040974470b', '01a20a05-320c-7c90-b851-f505c67667b2', '00001.00003.00005.00008.', 'COUNTY', '01a20a05-3218-7b49-8d77-c5913504ec22', '2000000008', 'far county account', 'ACTIVE', 'release:32b86bb6806d5de787815da5b8e0a8349637815d6e759c79d29cbb45dc3e176ce6', '2026-12-23 20:07:22.414276+00', NULL, '2026-11-23 20:07:22.414293+00');

INSERT INTO campaigns
  (id, unit_id, unit_path, title, created_at)
VALUES
  ('01a20a05-3237-7d7b-90ac-1dcc924dde77', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.', '六一推介', '2026-11-23 20:07:22.423635+00');

INSERT INTO grants
  (id, user_id, role, unit_id, unit_path, valid_from, valid_to)
VALUES
  ('01a20a05-3233-7104-8c81-43dc2b90ef3c', '01a20a05-3231-7ad5-b111-fa1dd93be20a', 'VIEWER', '01a20a05-320c-70e5-bec4-11e74911f32f', '00001.00002.00004.00006.', '2020-01-01 00:00:00+00', '2027-06-01 01:00:00+00'),
  ('01a20a05-323a-791e-8334-3e905fffdbae', '01a20a05-3239-79bf-8933-fb5e9149e8f7', 'ADMINISTRATOR', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.', '2020-01-01 00:00:00+00', NULL),
  ('01a20a05-324c-7f7c-8191-28f80b3e2f64', '01a20a05-324b-7c8d-9eca-ae6ef57e2f54', 'ADMINISTRATOR', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.', '2020-01-01 00:00:00+00', NULL),
  ('01a20a05-3256-78f5-abfb-5358b7789b4a', '01a20a05-3256-7b8c-8c90-3bf10938b870', 'ADMINISTRATOR', '01a20a05-320b-7081-a894-38e38aeb2c18', '00001.00002.', '2020-01-01 00:00:00+00', NULL);

INSERT INTO lessons
  (id, unit_id, unit_path, title, service, theme, text, state, showcased_at, created_at)
VALUES
  ('01a20a05-3235-7acf-bce7-02fc9927cf57', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.', '防溺水安全教育', 'SELF_PROTECTION', '文明生活', '六个不。', 'SHOWCASE', NULL, '2026-11-23 20:07:22.421357+00');

INSERT INTO posts
  (id, unit_id, unit_path, campaign_id, lesson_id, text, publish_at, spread_seconds, created_at, created_by, cancelled_at)
VALUES
  ('01a20a05-323f-74bb-9a90-889f91acc480', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.', '01a20a05-3237-7d7b-90ac-1dcc924dde77', '01a20a05-3235-7acf-bce7-02fc9927cf57', '示范课程推介', '2026-11-23 20:07:21.425632+00', '0', '2026-11-23 20:07:22.425632+00', '01a20a05-3239-79bf-8933-fb5e9149e8f7', NULL),
  ('01a20a05-324f-73dd-b3c8-5f0b2c36a354', '01a20a05-31f9-7d9b-b48b-065b22c51bcb', '00001.', NULL, '01a20a05-3235-7acf-bce7-02fc9927cf57', '示范课程推介', '2026-11-23 20:07:21.443758+00', '0', '2026-11-23 20:07:22.443758+00', '01a20a05-324b-7c8d-9eca-ae6ef57e2f54', NULL);

INSERT INTO deliveries
  (id, post_id, account_id, unit_path, text, code, key, state, due_at, try_at, tries, fence, claimed_at, lease_until, look_at, looks, problem, problem_detail, host_post_id, host_url, published_at)
VALUES
  ('01a20a05-3241-7123-91b5-f647ae20a7b7', '01a20a05-323f-74bb-9a90-889f91acc480', '01a20a05-3220-72ee-b496-06c68b6b0395', '00001.', '示范课程推介 https://qicai.example/s/djqcd8j9tr', 'djqcd8j9tr', '9406c7b5-2389-5725-9caa-016542c4f9d6', 'PUBLISHED', '2026-11-23 20:07:21.425632+00', '2026-11-23 20:07:21.425632+00', '0', '1', '2026-06-01 01:00:00+00', NULL, NULL, '0', NULL, NULL, '5000000000000001', 'https://weibo.example/1', '2026-06-01 01:00:00+00'),
  ('01a20a05-3241-784e-8479-5bce22f0083d', '01a20a05-323f-74bb-9a90-889f91acc480', '01a20a05-3227-73f2-9e9a-7f86607cfb51', '00001.00002.', '示范课程推介 https://qicai.example/s/bs8wnb2qcs', 'bs8wnb2qcs', '6fb48241-ca83-5b8e-ac75-9fed6984a52c', 'FAILED', '2026-11-23 20:07:21.425632+00', '2026-11-23 20:07:21.425632+00', '0', NULL, NULL, NULL, NULL, '0', 'CONTENT_REJECTED', '20012: 太长', NULL, NULL, NULL),
  ('01a20a05-3241-78df-9d40-9f5219403180', '01a20a05-323f-74bb-9a90-889f91acc480', '01a20a05-322b-7db2-9e71-540a53bd6a9d', '00001.00002.00004.00006.', '示范课程推介 https://qicai.example/s/jbgs9v2pnz', 'jbgs9v2pnz', 'fea16edf-53c3-5036-9c7a-986862587b48', 'SCHEDULED', '2026-11-23 20:07:21.425632+00', '2026-11-23 20:07:21.425632+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a20a05-3241-7d74-914c-4cd71c10005f', '01a20a05-323f-74bb-9a90-889f91acc480', '01a20a05-322f-7b07-881b-a5040974470b', '00001.00003.00005.00008.', '示范课程推介 https://qicai.example/s/hf84yfqvgd', 'hf84yfqvgd', 'a15c19ef-921e-59ff-8a24-9c915b3058c2', 'SCHEDULED', '2026-11-23 20:07:21.425632+00', '2026-11-23 20:07:21.425632+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a20a05-3250-721e-a4a7-3661750e3229', '01a20a05-324f-73dd-b3c8-5f0b2c36a354', '01a20a05-3220-72ee-b496-06c68b6b0395', '00001.', '示范课程推介 https://qicai.example/s/5bmxhhbwnv', '5bmxhhbwnv', 'd009ef55-e67a-597d-bcef-8808d3f3cad7', 'SCHEDULED', '2026-11-23 20:07:21.443758+00', '2026-11-23 20:07:21.443758+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a20a05-3250-77e5-aaa8-a4eb8afc6738', '01a20a05-324f-73dd-b3c8-5f0b2c36a354', '01a20a05-3227-73f2-9e9a-7f86607cfb51', '00001.00002.', '示范课程推介 https://qicai.example/s/92hw6ntyr2', '92hw6ntyr2', 'e5401624-a9a8-5c90-a6c5-ffa3d224c620', 'SCHEDULED', '2026-11-23 20:07:21.443758+00', '2026-11-23 20:07:21.443758+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a20a05-3250-7c29-ae7f-0be65bf59609', '01a20a05-324f-73dd-b3c8-5f0b2c36a354', '01a20a05-322b-7db2-9e71-540a53bd6a9d', '00001.00002.00004.00006.', '示范课程推介 https://qicai.example/s/xsb5cybd99', 'xsb5cybd99', '3bf4d37d-e6b9-51b7-b5a3-d206c5370d29', 'SCHEDULED', '2026-11-23 20:07:21.443758+00', '2026-11-23 20:07:21.443758+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a20a05-3250-7e30-a087-2ba04279be63', '01a20a05-324f-73dd-b3c8-5f0b2c36a354', '01a20a05-322f-7b07-881b-a5040974470b', '00001.00003.00005.00008.', '示范课程推介 https://qicai.example/s/697qstc4m3', '697qstc4m3', '740a1cc1-2147-5ca7-8793-cc3cb46160bc', 'SCHEDULED', '2026-11-23 20:07:21.443758+00', '2026-11-23 20:07:21.443758+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL);

INSERT INTO attempts
  (id, delivery_id, kind, fence, claimed_at, settled_at, event, code, detail)
VALUES
  ('01a20a05-325b-7ca9-9fd2-52717829d595', '01a20a05-3241-7123-91b5-f647ae20a7b7', 'SUBMIT', '1', '2026-06-01 01:00:00+00', '2026-06-01 01:00:00+00', 'PUBLISHED', NULL, NULL);

INSERT INTO readings
  (delivery_id, host_id, host_post_id, published_at, slot, due_at)
VALUES
  ('01a20a05-3241-7123-91b5-f647ae20a7b7', '01a20a05-3218-7b49-8d77-c5913504ec22', '5000000000000001', '2026-06-01 01:00:00+00', '1', '2026-06-01 02:00:00+00');

INSERT INTO snapshots
  (id, delivery_id, slot, taken_at, reposts, comments, likes, reads)
VALUES
  ('01a20a05-325a-781b-8016-698394d3413e', '01a20a05-3241-7123-91b5-f647ae20a7b7', '0', '2026-06-01 01:00:00+00', '3', '0', '12', NULL);

SELECT setval('unit_numbers', 9);

SELECT setval('delivery_fences', 1);
