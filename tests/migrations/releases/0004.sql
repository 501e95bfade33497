-- Invented rows as they stood at revision 0004.

INSERT INTO audit_entries
  ("id", "at", "actor_id", "act", "about", "row_id", "unit_id", "unit_path", "details", "position", "hash")
VALUES
  ('01a21010-a535-766f-910c-20c1de568eb4', '2026-06-01 01:00:00+00', NULL, 'createCampaign', 'Campaign', NULL, '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', '{}', '1', E'\\x68617368');

INSERT INTO audit_seals
  ("position", "hash", "sealed_at", "key_id", "signature")
VALUES
  ('1', E'\\x68617368', '2026-06-01 01:00:00+00', 'k', E'\\x7369676e6174757265');

INSERT INTO hosts
  ("id", "kind", "name", "api_url", "app_key", "app_secret", "safe_domain", "settling_seconds", "paused_until", "created_at")
VALUES
  ('01a21010-a4a0-786a-aa83-7a3f1b26a024', 'WEIBO', 'sandbox', 'http://127.0.0.1:9', '1', 'release:b1b77afcf959278894481c368254df711f9c562fa8f5fcd9ff958017c356d718784f920417726c65', 'qicai.example', '1', NULL, '2026-11-25 00:17:35.901286+00');

INSERT INTO keyed_requests
  ("user_id", "key", "mutation", "fingerprint", "result", "created_at")
VALUES
  ('01a21010-a4e6-7659-89fa-be25c08f76fc', 'a key', 'createCampaign', E'\\x00ff', '{"id": "01a21010-a4c7-71bd-9896-7a7ccf54c51d"}', '2026-06-01 01:00:00+00');

INSERT INTO login_guards
  ("digest", "failures", "failed_at", "locked_until")
VALUES
  (E'\\x6775617264', '1', '2026-06-01 01:00:00+00', NULL);

INSERT INTO units
  ("id", "number", "code", "name", "level", "kind", "parent_id", "territory_id", "territory_path", "path", "opened_on", "closed_on", "successor_id", "upper_posting")
VALUES
  ('01a21010-a45f-791f-bedb-ced1ae536be6', '1', 'T1', 'nation', 'NATIONAL', 'TERRITORIAL', NULL, NULL, '00001.', '00001.', '2010-05-04', NULL, NULL, 'DIRECT'),
  ('01a21010-a488-7092-b956-dfc625caeca2', '4', 'T4', 'east city', 'PREFECTURE', 'TERRITORIAL', '01a21010-a488-730a-914d-c09e0bb7f7ca', NULL, '00001.00002.00004.', '00001.00002.00004.', '2010-05-04', NULL, NULL, 'DIRECT'),
  ('01a21010-a488-710b-a0d8-fc9fabd1e612', '6', 'T6', 'north county', 'COUNTY', 'TERRITORIAL', '01a21010-a488-7092-b956-dfc625caeca2', NULL, '00001.00002.00004.00006.', '00001.00002.00004.00006.', '2010-05-04', NULL, NULL, 'DIRECT'),
  ('01a21010-a488-7251-b166-923f9aea8891', '8', 'T8', 'far county', 'COUNTY', 'TERRITORIAL', '01a21010-a488-774b-9b47-f2ac3047c8cb', NULL, '00001.00003.00005.00008.', '00001.00003.00005.00008.', '2010-05-04', NULL, NULL, 'DIRECT'),
  ('01a21010-a488-730a-914d-c09e0bb7f7ca', '2', 'T2', 'east', 'PROVINCIAL', 'TERRITORIAL', '01a21010-a45f-791f-bedb-ced1ae536be6', NULL, '00001.00002.', '00001.00002.', '2010-05-04', NULL, NULL, 'DIRECT'),
  ('01a21010-a488-73bd-a906-f2dd947c312a', '7', 'T7', 'south county', 'COUNTY', 'TERRITORIAL', '01a21010-a488-7092-b956-dfc625caeca2', NULL, '00001.00002.00004.00007.', '00001.00002.00004.00007.', '2010-05-04', NULL, NULL, 'DIRECT'),
  ('01a21010-a488-774b-9b47-f2ac3047c8cb', '5', 'T5', 'west city', 'PREFECTURE', 'TERRITORIAL', '01a21010-a488-7ccf-8084-7a4b18b8e311', NULL, '00001.00003.00005.', '00001.00003.00005.', '2010-05-04', NULL, NULL, 'DIRECT'),
  ('01a21010-a488-7c1e-acbd-ac8c98f6a651', '9', 'T9', 'north town', 'GRASSROOTS', 'TERRITORIAL', '01a21010-a488-710b-a0d8-fc9fabd1e612', NULL, '00001.00002.00004.00006.00009.', '00001.00002.00004.00006.00009.', '2010-05-04', NULL, NULL, 'DIRECT'),
  ('01a21010-a488-7ccf-8084-7a4b18b8e311', '3', 'T3', 'west', 'PROVINCIAL', 'TERRITORIAL', '01a21010-a45f-791f-bedb-ced1ae536be6', NULL, '00001.00003.', '00001.00003.', '2010-05-04', NULL, NULL, 'DIRECT');

INSERT INTO campaigns
  ("id", "unit_id", "unit_path", "title", "created_at")
VALUES
  ('01a21010-a4c7-71bd-9896-7a7ccf54c51d', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '六一推介', '2026-11-25 00:17:35.943797+00');

INSERT INTO guidances
  ("id", "unit_id", "unit_path", "title", "text", "version", "created_at", "updated_at")
VALUES
  ('01a21010-a52f-7210-8947-90b563b41682', '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', '讲故事', '每周一个故事。', '1', '2026-06-01 01:00:00+00', '2026-06-01 01:00:00+00');

INSERT INTO lessons
  ("id", "unit_id", "unit_path", "title", "service", "theme", "text", "state", "showcased_at", "created_at")
VALUES
  ('01a21010-a4c5-7ffe-ac2a-78febefd2956', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '防溺水安全教育', 'SELF_PROTECTION', '文明生活', '六个不。', 'SHOWCASE', NULL, '2026-11-25 00:17:35.941572+00');

INSERT INTO unit_places
  ("unit_id", "valid_from", "valid_to", "territory_path", "path")
VALUES
  ('01a21010-a45f-791f-bedb-ced1ae536be6', '2010-05-04', NULL, '00001.', '00001.'),
  ('01a21010-a488-7092-b956-dfc625caeca2', '2010-05-04', NULL, '00001.00002.00004.', '00001.00002.00004.'),
  ('01a21010-a488-710b-a0d8-fc9fabd1e612', '2010-05-04', NULL, '00001.00002.00004.00006.', '00001.00002.00004.00006.'),
  ('01a21010-a488-7251-b166-923f9aea8891', '2010-05-04', NULL, '00001.00003.00005.00008.', '00001.00003.00005.00008.'),
  ('01a21010-a488-730a-914d-c09e0bb7f7ca', '2010-05-04', NULL, '00001.00002.', '00001.00002.'),
  ('01a21010-a488-73bd-a906-f2dd947c312a', '2010-05-04', NULL, '00001.00002.00004.00007.', '00001.00002.00004.00007.'),
  ('01a21010-a488-774b-9b47-f2ac3047c8cb', '2010-05-04', NULL, '00001.00003.00005.', '00001.00003.00005.'),
  ('01a21010-a488-7c1e-acbd-ac8c98f6a651', '2010-05-04', NULL, '00001.00002.00004.00006.00009.', '00001.00002.00004.00006.00009.'),
  ('01a21010-a488-7ccf-8084-7a4b18b8e311', '2010-05-04', NULL, '00001.00003.', '00001.00003.');

INSERT INTO unit_versions
  ("id", "unit_id", "code", "name", "kind", "parent_id", "territory_id", "valid_from", "valid_to", "grams")
VALUES
  ('01a21010-a49a-7043-8dc3-4db1b235ca0f', '01a21010-a488-774b-9b47-f2ac3047c8cb', 'T5', 'west city', 'TERRITORIAL', '01a21010-a488-7ccf-8084-7a4b18b8e311', NULL, '2010-05-04', NULL, '{" c",ci,es,it,st,"t ",ty,we}'),
  ('01a21010-a49a-70fc-b1aa-09cbb2e23b85', '01a21010-a488-7ccf-8084-7a4b18b8e311', 'T3', 'west', 'TERRITORIAL', '01a21010-a45f-791f-bedb-ced1ae536be6', NULL, '2010-05-04', NULL, '{es,st,we}'),
  ('01a21010-a49a-7191-96b9-69db0b5310a7', '01a21010-a488-7251-b166-923f9aea8891', 'T8', 'far county', 'TERRITORIAL', '01a21010-a488-774b-9b47-f2ac3047c8cb', NULL, '2010-05-04', NULL, '{" c",ar,co,fa,nt,ou,"r ",ty,un}'),
  ('01a21010-a49a-71d5-a45f-793f10dfbc9b', '01a21010-a488-7092-b956-dfc625caeca2', 'T4', 'east city', 'TERRITORIAL', '01a21010-a488-730a-914d-c09e0bb7f7ca', NULL, '2010-05-04', NULL, '{" c",as,ci,ea,it,st,"t ",ty}'),
  ('01a21010-a49a-7556-8272-70bcd92613df', '01a21010-a45f-791f-bedb-ced1ae536be6', 'T1', 'nation', 'TERRITORIAL', NULL, NULL, '2010-05-04', NULL, '{at,io,na,on,ti}'),
  ('01a21010-a49a-758b-b025-e4ff51339eb5', '01a21010-a488-710b-a0d8-fc9fabd1e612', 'T6', 'north county', 'TERRITORIAL', '01a21010-a488-7092-b956-dfc625caeca2', NULL, '2010-05-04', NULL, '{" c",co,"h ",no,nt,or,ou,rt,th,ty,un}'),
  ('01a21010-a49a-7972-9f54-90aabce6a943', '01a21010-a488-73bd-a906-f2dd947c312a', 'T7', 'south county', 'TERRITORIAL', '01a21010-a488-7092-b956-dfc625caeca2', NULL, '2010-05-04', NULL, '{" c",co,"h ",nt,ou,so,th,ty,un,ut}'),
  ('01a21010-a49a-7a2b-8c7d-86f6b5a3b402', '01a21010-a488-730a-914d-c09e0bb7f7ca', 'T2', 'east', 'TERRITORIAL', '01a21010-a45f-791f-bedb-ced1ae536be6', NULL, '2010-05-04', NULL, '{as,ea,st}'),
  ('01a21010-a49a-7d31-862c-6ccde6db3a05', '01a21010-a488-7c1e-acbd-ac8c98f6a651', 'T9', 'north town', 'TERRITORIAL', '01a21010-a488-710b-a0d8-fc9fabd1e612', NULL, '2010-05-04', NULL, '{" t","h ",no,or,ow,rt,th,to,wn}');

INSERT INTO users
  ("id", "login", "name", "unit_id", "unit_path", "created_at", "password_hash", "password_set_at", "disabled_at", "disabled_reason", "disabled_height")
VALUES
  ('01a21010-a4c1-79cd-bc85-facf4479ee3c', 'reader', 'Reader', '01a21010-a488-710b-a0d8-fc9fabd1e612', '00001.00002.00004.00006.', '2026-06-01 01:00:00+00', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4c9-74ca-a56d-ad14c07556a2', 'scheduler 01a21010-a4c9-76aa-bb88-0d679c0cf29a', 'Scheduler 01A21010-A4C9-76Aa-Bb88-0D679C0Cf29A', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '2026-06-01 01:00:00+00', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4d9-79ca-9ad1-5ab8aa83212d', 'scheduler 01a21010-a4d9-7ea3-9a29-6fbac27cbc0b', 'Scheduler 01A21010-A4D9-7Ea3-9A29-6Fbac27Cbc0B', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '2026-06-01 01:00:00+00', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4e6-7659-89fa-be25c08f76fc', 'keeper', 'Keeper', '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', '2026-06-01 01:00:00+00', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4e7-7916-9fe2-09960b903f4b', 'tester', 'Tester', '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', '2026-06-01 01:00:00+00', NULL, NULL, NULL, NULL, NULL);

INSERT INTO accounts
  ("id", "unit_id", "unit_path", "level", "host_id", "uid", "screen_name", "state", "state_reason", "state_since", "suspended_height", "positioning", "guidance_id", "is_brand", "keeper_id", "version", "token", "token_expires_at", "paused_until", "reading_paused_until", "created_at", "last_posted_at")
VALUES
  ('01a21010-a4a8-721e-8488-1221962cd654', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', 'NATIONAL', '01a21010-a4a0-786a-aa83-7a3f1b26a024', '2000000001', 'nation account', 'ACTIVE', NULL, '2026-11-25 00:17:35.907201+00', NULL, NULL, NULL, 'false', NULL, '1', 'release:181b239be846e151872a52914a458f40ef4304e29e1a8e6b9da17ba904ec5051ab', '2026-12-25 00:17:35.907183+00', NULL, NULL, '2026-11-25 00:17:35.907201+00', NULL),
  ('01a21010-a4b3-7ef1-8490-e94cb691798a', '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', 'PROVINCIAL', '01a21010-a4a0-786a-aa83-7a3f1b26a024', '2000000002', 'east account', 'ACTIVE', NULL, '2026-11-25 00:17:35.920996+00', NULL, NULL, NULL, 'false', NULL, '1', 'release:f4144dcf8b1fd9d6c729d94796f20ede3eecc57edfce0904e8046ca709afcf4e9a', '2026-12-25 00:17:35.920976+00', NULL, NULL, '2026-11-25 00:17:35.920996+00', NULL),
  ('01a21010-a4b9-7785-9efb-774b6f3484ec', '01a21010-a488-710b-a0d8-fc9fabd1e612', '00001.00002.00004.00006.', 'COUNTY', '01a21010-a4a0-786a-aa83-7a3f1b26a024', '2000000006', 'north county account', 'ACTIVE', NULL, '2026-11-25 00:17:35.928067+00', NULL, NULL, NULL, 'false', NULL, '1', 'release:f4edfb5040dad79fa67422a2649c54b392747135ba2967700063d61e30085714a1', '2026-12-25 00:17:35.92805+00', NULL, NULL, '2026-11-25 00:17:35.928067+00', NULL),
  ('01a21010-a4be-735d-92a3-7b6aea33161e', '01a21010-a488-7251-b166-923f9aea8891', '00001.00003.00005.00008.', 'COUNTY', '01a21010-a4a0-786a-aa83-7a3f1b26a024', '2000000008', 'far county account', 'ACTIVE', NULL, '2026-11-25 00:17:35.932888+00', NULL, NULL, NULL, 'false', NULL, '1', 'release:e2568149616a52fa7be55693f7a8a1fe07a659367b0603c55148fb5335bbd83bfd', '2026-12-25 00:17:35.932872+00', NULL, NULL, '2026-11-25 00:17:35.932888+00', NULL);

INSERT INTO grants
  ("id", "user_id", "role", "reach", "unit_id", "unit_path", "valid_from", "valid_to", "granted_by", "ended_by")
VALUES
  ('01a21010-a4c3-749f-aa77-312cfcf707bb', '01a21010-a4c1-79cd-bc85-facf4479ee3c', 'VIEWER', 'ACT', '01a21010-a488-710b-a0d8-fc9fabd1e612', '00001.00002.00004.00006.', '2020-01-01 00:00:00+00', '2027-06-01 01:00:00+00', NULL, NULL),
  ('01a21010-a4cb-76a8-9853-035dc6c7f77e', '01a21010-a4c9-74ca-a56d-ad14c07556a2', 'ADMINISTRATOR', 'ACT', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '2020-01-01 00:00:00+00', NULL, NULL, NULL),
  ('01a21010-a4da-7e92-bc6a-47ed53fa9ed4', '01a21010-a4d9-79ca-9ad1-5ab8aa83212d', 'ADMINISTRATOR', 'ACT', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '2020-01-01 00:00:00+00', NULL, NULL, NULL),
  ('01a21010-a4e6-7626-ae19-95ed9d702268', '01a21010-a4e6-7659-89fa-be25c08f76fc', 'ADMINISTRATOR', 'ACT', '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', '2020-01-01 00:00:00+00', NULL, NULL, NULL);

INSERT INTO login_links
  ("id", "user_id", "purpose", "key_id", "created_at", "created_by", "expires_at", "used_at", "withdrawn_at")
VALUES
  ('01a21010-a529-700f-89cd-ffd0604c54ef', '01a21010-a4e7-7916-9fe2-09960b903f4b', 'RESET', 'k', '2026-06-01 01:00:00+00', NULL, '2026-06-01 01:00:00+00', NULL, NULL);

INSERT INTO posts
  ("id", "unit_id", "unit_path", "campaign_id", "lesson_id", "text", "publish_at", "spread_seconds", "created_at", "created_by", "cancelled_at")
VALUES
  ('01a21010-a4d1-7320-abe7-df411f87bdfd', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '01a21010-a4c7-71bd-9896-7a7ccf54c51d', '01a21010-a4c5-7ffe-ac2a-78febefd2956', '示范课程推介', '2026-11-25 00:17:34.945664+00', '0', '2026-11-25 00:17:35.945664+00', '01a21010-a4c9-74ca-a56d-ad14c07556a2', NULL),
  ('01a21010-a4df-7b09-a06a-c05f76e5863f', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', NULL, '01a21010-a4c5-7ffe-ac2a-78febefd2956', '示范课程推介', '2026-11-25 00:17:34.961615+00', '0', '2026-11-25 00:17:35.961615+00', '01a21010-a4d9-79ca-9ad1-5ab8aa83212d', NULL);

INSERT INTO sessions
  ("id", "user_id", "kind", "label", "secret_digest", "created_at", "last_used_at", "expires_at", "ended_at", "end")
VALUES
  ('01a21010-a4e7-7041-ba52-95b06f9a0609', '01a21010-a4e7-7916-9fe2-09960b903f4b', 'APP', 'phone', NULL, '2026-06-01 01:00:00+00', '2026-06-01 01:00:00+00', '2026-07-01 01:00:00+00', NULL, NULL);

INSERT INTO unit_acts
  ("id", "kind", "state", "unit_id", "unit_path", "effective_on", "reason", "details", "proposed_at", "proposed_by", "decided_at", "decided_by", "done_at", "dismissal", "failure")
VALUES
  ('01a21010-a533-7e4f-a715-a8dee48b9c56', 'RENAME', 'PROPOSED', '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', '2026-06-01', '名单更新', '{"name": "east renamed", "unit_id": "01a21010-a488-730a-914d-c09e0bb7f7ca"}', '2026-06-01 01:00:00+00', NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO account_events
  ("id", "account_id", "at", "by_id", "change", "reason", "before", "after")
VALUES
  ('01a21010-a4a8-75c6-ab65-df880b3b06f1', '01a21010-a4a8-721e-8488-1221962cd654', '2026-11-25 00:17:35.907201+00', NULL, 'CONNECTED', NULL, '{}', '{"state": "ACTIVE", "screen_name": "nation account", "token_expires_at": "2026-12-25T00:17:35.907183+00:00"}'),
  ('01a21010-a4b3-7474-af63-84226d9c825a', '01a21010-a4b3-7ef1-8490-e94cb691798a', '2026-11-25 00:17:35.920996+00', NULL, 'CONNECTED', NULL, '{}', '{"state": "ACTIVE", "screen_name": "east account", "token_expires_at": "2026-12-25T00:17:35.920976+00:00"}'),
  ('01a21010-a4b9-7225-b559-a1af1cdc96e8', '01a21010-a4b9-7785-9efb-774b6f3484ec', '2026-11-25 00:17:35.928067+00', NULL, 'CONNECTED', NULL, '{}', '{"state": "ACTIVE", "screen_name": "north county account", "token_expires_at": "2026-12-25T00:17:35.928050+00:00"}'),
  ('01a21010-a4be-70ec-ba99-276d508179bd', '01a21010-a4be-735d-92a3-7b6aea33161e', '2026-11-25 00:17:35.932888+00', NULL, 'CONNECTED', NULL, '{}', '{"state": "ACTIVE", "screen_name": "far county account", "token_expires_at": "2026-12-25T00:17:35.932872+00:00"}'),
  ('01a21010-a532-7570-aaf9-ee12b855dc71', '01a21010-a4a8-721e-8488-1221962cd654', '2026-06-01 01:00:00+00', NULL, 'CONNECTED', NULL, '{}', '{}');

INSERT INTO delegations
  ("id", "account_id", "user_id", "delegated_by", "valid_from", "valid_to")
VALUES
  ('01a21010-a531-7bb4-a824-4f3bb9870e9d', '01a21010-a4a8-721e-8488-1221962cd654', '01a21010-a4e7-7916-9fe2-09960b903f4b', NULL, '2026-06-01 01:00:00+00', NULL);

INSERT INTO deliveries
  ("id", "post_id", "account_id", "unit_id", "unit_path", "text", "code", "key", "state", "due_at", "try_at", "tries", "fence", "claimed_at", "lease_until", "look_at", "looks", "problem", "problem_detail", "host_post_id", "host_url", "published_at")
VALUES
  ('01a21010-a4d3-71e4-9498-f981cc535063', '01a21010-a4d1-7320-abe7-df411f87bdfd', '01a21010-a4a8-721e-8488-1221962cd654', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '示范课程推介 https://qicai.example/s/gry6d26kbt', 'gry6d26kbt', 'd8301c9a-3490-51ae-850c-9a9429e5b91d', 'PUBLISHED', '2026-11-25 00:17:34.945664+00', '2026-11-25 00:17:34.945664+00', '0', '1', '2026-06-01 01:00:00+00', NULL, NULL, '0', NULL, NULL, '5000000000000001', 'https://weibo.example/1', '2026-06-01 01:00:00+00'),
  ('01a21010-a4d3-7227-84d8-3c3696bd71e4', '01a21010-a4d1-7320-abe7-df411f87bdfd', '01a21010-a4b3-7ef1-8490-e94cb691798a', '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', '示范课程推介 https://qicai.example/s/8vsnqwxjnv', '8vsnqwxjnv', 'e47de8fc-1497-5574-bdd0-34b469f777dc', 'FAILED', '2026-11-25 00:17:34.945664+00', '2026-11-25 00:17:34.945664+00', '0', NULL, NULL, NULL, NULL, '0', 'CONTENT_REJECTED', '20012: 太长', NULL, NULL, NULL),
  ('01a21010-a4d3-7970-9d0c-871ad19a95b1', '01a21010-a4d1-7320-abe7-df411f87bdfd', '01a21010-a4b9-7785-9efb-774b6f3484ec', '01a21010-a488-710b-a0d8-fc9fabd1e612', '00001.00002.00004.00006.', '示范课程推介 https://qicai.example/s/t5796t99ff', 't5796t99ff', '320a1595-ac99-55d7-bb18-c9d799599598', 'SCHEDULED', '2026-11-25 00:17:34.945664+00', '2026-11-25 00:17:34.945664+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4d3-7ee6-a27d-63ee5d109eb5', '01a21010-a4d1-7320-abe7-df411f87bdfd', '01a21010-a4be-735d-92a3-7b6aea33161e', '01a21010-a488-7251-b166-923f9aea8891', '00001.00003.00005.00008.', '示范课程推介 https://qicai.example/s/72wbqr9dq3', '72wbqr9dq3', 'f92a4cea-6367-5681-9302-529e28a8428f', 'SCHEDULED', '2026-11-25 00:17:34.945664+00', '2026-11-25 00:17:34.945664+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4e0-709e-9a99-18e426acc5c9', '01a21010-a4df-7b09-a06a-c05f76e5863f', '01a21010-a4a8-721e-8488-1221962cd654', '01a21010-a45f-791f-bedb-ced1ae536be6', '00001.', '示范课程推介 https://qicai.example/s/t4k2376xxz', 't4k2376xxz', '1fd48bc5-42e0-5103-b733-4ec332744b1e', 'SCHEDULED', '2026-11-25 00:17:34.961615+00', '2026-11-25 00:17:34.961615+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4e0-7362-a094-9b486448a60f', '01a21010-a4df-7b09-a06a-c05f76e5863f', '01a21010-a4b3-7ef1-8490-e94cb691798a', '01a21010-a488-730a-914d-c09e0bb7f7ca', '00001.00002.', '示范课程推介 https://qicai.example/s/3bmdp2bqt7', '3bmdp2bqt7', '68d67aad-5462-5cad-8524-f191e891d378', 'SCHEDULED', '2026-11-25 00:17:34.961615+00', '2026-11-25 00:17:34.961615+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4e0-7387-91c0-51cd2edb7433', '01a21010-a4df-7b09-a06a-c05f76e5863f', '01a21010-a4b9-7785-9efb-774b6f3484ec', '01a21010-a488-710b-a0d8-fc9fabd1e612', '00001.00002.00004.00006.', '示范课程推介 https://qicai.example/s/bx4v9zmcrc', 'bx4v9zmcrc', '60d4cfa1-021b-5472-8eb4-d840e39bab85', 'SCHEDULED', '2026-11-25 00:17:34.961615+00', '2026-11-25 00:17:34.961615+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL),
  ('01a21010-a4e0-7880-a7eb-062493cd0210', '01a21010-a4df-7b09-a06a-c05f76e5863f', '01a21010-a4be-735d-92a3-7b6aea33161e', '01a21010-a488-7251-b166-923f9aea8891', '00001.00003.00005.00008.', '示范课程推介 https://qicai.example/s/xpkq8gx5qy', 'xpkq8gx5qy', 'a18ea3af-cc73-581a-93a3-b455a15a728a', 'SCHEDULED', '2026-11-25 00:17:34.961615+00', '2026-11-25 00:17:34.961615+00', '0', NULL, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL);

INSERT INTO refresh_tokens
  ("digest", "session_id", "issued_at", "used_at")
VALUES
  (E'\\x72656672657368', '01a21010-a4e7-7041-ba52-95b06f9a0609', '2026-06-01 01:00:00+00', NULL);

INSERT INTO attempts
  ("id", "delivery_id", "kind", "fence", "claimed_at", "settled_at", "event", "code", "detail")
VALUES
  ('01a21010-a525-79c5-ae95-afcce921449d', '01a21010-a4d3-71e4-9498-f981cc535063', 'SUBMIT', '1', '2026-06-01 01:00:00+00', '2026-06-01 01:00:00+00', 'PUBLISHED', NULL, NULL);

INSERT INTO readings
  ("delivery_id", "host_id", "host_post_id", "published_at", "slot", "due_at")
VALUES
  ('01a21010-a4d3-71e4-9498-f981cc535063', '01a21010-a4a0-786a-aa83-7a3f1b26a024', '5000000000000001', '2026-06-01 01:00:00+00', '1', '2026-06-01 02:00:00+00');

INSERT INTO snapshots
  ("id", "delivery_id", "slot", "taken_at", "reposts", "comments", "likes", "reads")
VALUES
  ('01a21010-a524-75a1-99f0-0f28944c5a2e', '01a21010-a4d3-71e4-9498-f981cc535063', '0', '2026-06-01 01:00:00+00', '3', '0', '12', NULL);

SELECT setval('unit_numbers', 9);

SELECT setval('delivery_fences', 1);
