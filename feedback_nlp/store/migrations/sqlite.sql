-- Schema version: 20261128_sums_by_source
;;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)
;;
CREATE TABLE digest (
	id INTEGER NOT NULL, 
	week VARCHAR(10) NOT NULL, 
	product VARCHAR(200) NOT NULL, 
	payload JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_digest PRIMARY KEY (id), 
	CONSTRAINT uq_digest_week_product UNIQUE (week, product)
)
;;
CREATE TABLE lexicon_entry (
	id INTEGER NOT NULL, 
	word VARCHAR(40) NOT NULL, 
	folded VARCHAR(40) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	tag VARCHAR(10) NOT NULL, 
	frequency INTEGER, 
	added_by VARCHAR(100) NOT NULL, 
	added_at DATETIME NOT NULL, 
	removed_by VARCHAR(100), 
	removed_at DATETIME, 
	CONSTRAINT pk_lexicon_entry PRIMARY KEY (id)
)
;;
CREATE TABLE run (
	id INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	config JSON NOT NULL, 
	versions JSON NOT NULL, 
	figures JSON NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	CONSTRAINT pk_run PRIMARY KEY (id)
)
;;
CREATE TABLE setting (
	"key" VARCHAR(100) NOT NULL, 
	value JSON NOT NULL, 
	CONSTRAINT pk_setting PRIMARY KEY ("key")
)
;;
CREATE TABLE source (
	id INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	product VARCHAR(200), 
	mapping JSON NOT NULL, 
	created_at DATETIME NOT NULL, purpose TEXT DEFAULT '' NOT NULL, retention_days INTEGER, 
	CONSTRAINT pk_source PRIMARY KEY (id), 
	CONSTRAINT uq_source_name UNIQUE (name)
)
;;
CREATE TABLE ingest_batch (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	file_name VARCHAR(500) NOT NULL, 
	content_sha256 VARCHAR(64) NOT NULL, 
	layout VARCHAR(60) NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	read_count INTEGER NOT NULL, 
	accepted_count INTEGER NOT NULL, 
	duplicate_count INTEGER NOT NULL, 
	rejected_count INTEGER NOT NULL, 
	error TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, notes JSON DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_ingest_batch PRIMARY KEY (id), 
	CONSTRAINT fk_ingest_batch_source_id_source FOREIGN KEY(source_id) REFERENCES source (id)
)
;;
CREATE TABLE topic (
	id INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	named_by VARCHAR(20) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	keywords JSON NOT NULL, 
	parent_id INTEGER, 
	is_theme BOOLEAN NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	merged_into_id INTEGER, 
	pinned BOOLEAN NOT NULL, 
	muted BOOLEAN NOT NULL, 
	centroid BLOB, 
	quote_unit_ids JSON NOT NULL, 
	created_run_id INTEGER, 
	updated_run_id INTEGER, 
	CONSTRAINT pk_topic PRIMARY KEY (id), 
	CONSTRAINT fk_topic_created_run_id_run FOREIGN KEY(created_run_id) REFERENCES run (id), 
	CONSTRAINT fk_topic_merged_into_id_topic FOREIGN KEY(merged_into_id) REFERENCES topic (id), 
	CONSTRAINT fk_topic_parent_id_topic FOREIGN KEY(parent_id) REFERENCES topic (id), 
	CONSTRAINT fk_topic_updated_run_id_run FOREIGN KEY(updated_run_id) REFERENCES run (id)
)
;;
CREATE TABLE alert (
	id INTEGER NOT NULL, 
	topic_id INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	last_day VARCHAR(10) NOT NULL, 
	people INTEGER NOT NULL, 
	expected FLOAT NOT NULL, 
	days INTEGER NOT NULL, 
	p_value FLOAT NOT NULL, 
	is_useful BOOLEAN, 
	marked_by VARCHAR(100), 
	created_at DATETIME NOT NULL, 
	marked_at DATETIME, 
	CONSTRAINT pk_alert PRIMARY KEY (id), 
	CONSTRAINT fk_alert_topic_id_topic FOREIGN KEY(topic_id) REFERENCES topic (id), 
	CONSTRAINT uq_alert_topic_id_day UNIQUE (topic_id, day)
)
;;
CREATE TABLE feedback (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	source_key VARCHAR(300) NOT NULL, 
	batch_id INTEGER, 
	thread_key VARCHAR(300), 
	author_key VARCHAR(64), 
	title VARCHAR(500) NOT NULL, 
	text TEXT NOT NULL, 
	rating FLOAT, 
	product VARCHAR(200), 
	channel VARCHAR(100), 
	app_version VARCHAR(60), 
	device VARCHAR(200), 
	region VARCHAR(100), 
	segment VARCHAR(100), 
	meta JSON NOT NULL, 
	occurred_at DATETIME NOT NULL, 
	ingested_at DATETIME NOT NULL, 
	analyzed_run_id INTEGER, 
	sentiment VARCHAR(10), 
	sentiment_score FLOAT, 
	intent VARCHAR(20), 
	signals JSON NOT NULL, 
	is_spam BOOLEAN NOT NULL, 
	is_burst BOOLEAN NOT NULL, 
	duplicate_of INTEGER, 
	person_key VARCHAR(64), 
	CONSTRAINT pk_feedback PRIMARY KEY (id), 
	CONSTRAINT fk_feedback_analyzed_run_id_run FOREIGN KEY(analyzed_run_id) REFERENCES run (id), 
	CONSTRAINT fk_feedback_batch_id_ingest_batch FOREIGN KEY(batch_id) REFERENCES ingest_batch (id), 
	CONSTRAINT fk_feedback_source_id_source FOREIGN KEY(source_id) REFERENCES source (id), 
	CONSTRAINT uq_feedback_source_id_source_key UNIQUE (source_id, source_key)
)
;;
CREATE TABLE rejected_row (
	id INTEGER NOT NULL, 
	batch_id INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	reason VARCHAR(60) NOT NULL, 
	detail TEXT NOT NULL, 
	raw TEXT NOT NULL, 
	CONSTRAINT pk_rejected_row PRIMARY KEY (id), 
	CONSTRAINT fk_rejected_row_batch_id_ingest_batch FOREIGN KEY(batch_id) REFERENCES ingest_batch (id)
)
;;
CREATE TABLE request (
	id INTEGER NOT NULL, 
	"key" VARCHAR(20) NOT NULL, 
	title VARCHAR(300) NOT NULL, 
	intent VARCHAR(20) NOT NULL, 
	topic_id INTEGER, 
	product VARCHAR(200), 
	owner VARCHAR(100), 
	effort FLOAT, 
	strategic_weight FLOAT, 
	status VARCHAR(20) NOT NULL, 
	reporter_status VARCHAR(20) NOT NULL, 
	duplicate_of_key VARCHAR(20), 
	priority FLOAT, 
	priority_low FLOAT, 
	priority_high FLOAT, 
	priority_parts JSON NOT NULL, 
	created_by VARCHAR(100) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, due DATE, priority_week VARCHAR(10), version INTEGER DEFAULT '1' NOT NULL, titled_by VARCHAR(100) DEFAULT 'engine' NOT NULL, target_release VARCHAR(60), labels JSON DEFAULT '[]' NOT NULL, tracker_url VARCHAR(500), 
	CONSTRAINT pk_request PRIMARY KEY (id), 
	CONSTRAINT fk_request_topic_id_topic FOREIGN KEY(topic_id) REFERENCES topic (id), 
	CONSTRAINT uq_request_key UNIQUE ("key")
)
;;
CREATE TABLE topic_event (
	id INTEGER NOT NULL, 
	topic_id INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	run_id INTEGER, 
	actor VARCHAR(100) NOT NULL, 
	detail JSON NOT NULL, 
	happened_at DATETIME NOT NULL, 
	CONSTRAINT pk_topic_event PRIMARY KEY (id), 
	CONSTRAINT fk_topic_event_run_id_run FOREIGN KEY(run_id) REFERENCES run (id), 
	CONSTRAINT fk_topic_event_topic_id_topic FOREIGN KEY(topic_id) REFERENCES topic (id)
)
;;
CREATE TABLE notice (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	feedback_id INTEGER NOT NULL, 
	person_key VARCHAR(64) NOT NULL, 
	reporter_status VARCHAR(20) NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	created_at DATETIME NOT NULL, outbox_key VARCHAR(200), reason TEXT DEFAULT '' NOT NULL, settled_at DATETIME, 
	CONSTRAINT pk_notice PRIMARY KEY (id), 
	CONSTRAINT fk_notice_feedback_id_feedback FOREIGN KEY(feedback_id) REFERENCES feedback (id), 
	CONSTRAINT fk_notice_request_id_request FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT uq_notice_request_id_person_key_reporter_status UNIQUE (request_id, person_key, reporter_status)
)
;;
CREATE TABLE status_event (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	from_status VARCHAR(20), 
	to_status VARCHAR(20) NOT NULL, 
	from_reporter_status VARCHAR(20), 
	to_reporter_status VARCHAR(20) NOT NULL, 
	actor VARCHAR(100) NOT NULL, 
	reason TEXT NOT NULL, 
	happened_at DATETIME NOT NULL, 
	CONSTRAINT pk_status_event PRIMARY KEY (id), 
	CONSTRAINT fk_status_event_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
;;
CREATE TABLE unit (
	id INTEGER NOT NULL, 
	feedback_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	sentiment VARCHAR(10) NOT NULL, 
	sentiment_score FLOAT NOT NULL, 
	sentiment_confidence FLOAT NOT NULL, 
	intent VARCHAR(20) NOT NULL, 
	intent_confidence FLOAT NOT NULL, 
	topic_id INTEGER, 
	topic_similarity FLOAT, 
	assigned_by VARCHAR(20) NOT NULL, 
	CONSTRAINT pk_unit PRIMARY KEY (id), 
	CONSTRAINT fk_unit_feedback_id_feedback FOREIGN KEY(feedback_id) REFERENCES feedback (id), 
	CONSTRAINT fk_unit_topic_id_topic FOREIGN KEY(topic_id) REFERENCES topic (id), 
	CONSTRAINT uq_unit_feedback_id_position UNIQUE (feedback_id, position)
)
;;
CREATE TABLE evidence (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	unit_id INTEGER NOT NULL, 
	added_by VARCHAR(100) NOT NULL, said_at DATETIME, 
	CONSTRAINT pk_evidence PRIMARY KEY (id), 
	CONSTRAINT fk_evidence_request_id_request FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_evidence_unit_id_unit FOREIGN KEY(unit_id) REFERENCES unit (id), 
	CONSTRAINT uq_evidence_request_id_unit_id UNIQUE (request_id, unit_id)
)
;;
CREATE VIRTUAL TABLE feedback_search USING fts5 (tokens, tokenize = 'unicode61 remove_diacritics 0')
;;
CREATE TABLE request_edit (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	actor VARCHAR(100) NOT NULL, 
	detail JSON NOT NULL, 
	happened_at DATETIME NOT NULL, reason TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_request_edit PRIMARY KEY (id), 
	CONSTRAINT fk_request_edit_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
;;
CREATE TABLE erasure (
	id INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	actor VARCHAR(100) NOT NULL, 
	reason TEXT NOT NULL, 
	counts JSON NOT NULL, 
	erased_at DATETIME NOT NULL, 
	CONSTRAINT pk_erasure PRIMARY KEY (id)
)
;;
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	"key" VARCHAR(200) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	channel VARCHAR(20) NOT NULL, 
	outlet VARCHAR(100) NOT NULL, 
	title VARCHAR(300) NOT NULL, 
	payload JSON NOT NULL, 
	series VARCHAR(200), 
	position INTEGER NOT NULL, 
	repeatable BOOLEAN NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_at DATETIME NOT NULL, 
	last_error TEXT NOT NULL, 
	lease_until DATETIME, 
	token INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT uq_outbox_key UNIQUE ("key")
)
;;
CREATE TABLE outlet_state (
	outlet VARCHAR(100) NOT NULL, 
	free_at DATETIME NOT NULL, 
	stopped_reason VARCHAR(300), 
	CONSTRAINT pk_outlet_state PRIMARY KEY (outlet)
)
;;
CREATE TABLE job (
	id INTEGER NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	payload JSON NOT NULL, 
	wish VARCHAR(200), 
	slot VARCHAR(200), 
	lane VARCHAR(40), 
	run_at DATETIME NOT NULL, 
	attempts INTEGER NOT NULL, 
	max_attempts INTEGER NOT NULL, 
	token VARCHAR(36), 
	lease_until DATETIME, 
	progress JSON NOT NULL, 
	result JSON NOT NULL, 
	error TEXT NOT NULL, 
	actor VARCHAR(100) NOT NULL, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	finished_at DATETIME, 
	CONSTRAINT pk_job PRIMARY KEY (id), 
	CONSTRAINT uq_job_slot UNIQUE (slot)
)
;;
CREATE TABLE stale (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(10) NOT NULL, 
	subject_id INTEGER NOT NULL, 
	said_at DATETIME NOT NULL
)
;;
CREATE TABLE week_standing (
	kind VARCHAR(10) NOT NULL, 
	subject_id INTEGER NOT NULL, 
	week VARCHAR(10) NOT NULL, 
	product VARCHAR(200) NOT NULL, 
	basis VARCHAR(64) NOT NULL, 
	end_at DATETIME NOT NULL, 
	figures JSON NOT NULL, 
	CONSTRAINT pk_week_standing PRIMARY KEY (kind, subject_id, week, product)
)
;;
CREATE TABLE api_key (
	id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	prefix VARCHAR(20) NOT NULL, 
	key_hash VARCHAR(64) NOT NULL, 
	scopes JSON NOT NULL, 
	source VARCHAR(200), 
	created_by VARCHAR(100) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME, 
	last_used_at DATETIME, 
	revoked_at DATETIME, 
	replaced_by_id INTEGER, 
	CONSTRAINT pk_api_key PRIMARY KEY (id), 
	CONSTRAINT fk_api_key_replaced_by_id_api_key FOREIGN KEY(replaced_by_id) REFERENCES api_key (id), 
	CONSTRAINT uq_api_key_key_hash UNIQUE (key_hash)
)
;;
CREATE TABLE audit_event (
	id INTEGER NOT NULL, 
	happened_at DATETIME NOT NULL, 
	actor VARCHAR(100) NOT NULL, 
	via VARCHAR(20) NOT NULL, 
	action VARCHAR(60) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	detail JSON NOT NULL, 
	request_id VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_event PRIMARY KEY (id)
)
;;
CREATE TABLE run_plan (
	run_id INTEGER NOT NULL, 
	part INTEGER NOT NULL, 
	moves BLOB NOT NULL, 
	CONSTRAINT pk_run_plan PRIMARY KEY (run_id, part), 
	CONSTRAINT fk_run_plan_run_id_run FOREIGN KEY(run_id) REFERENCES run (id)
)
;;
CREATE TABLE request_comment (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	actor VARCHAR(100) NOT NULL, 
	text TEXT NOT NULL, 
	happened_at DATETIME NOT NULL, 
	CONSTRAINT pk_request_comment PRIMARY KEY (id), 
	CONSTRAINT fk_request_comment_request_id_request FOREIGN KEY(request_id) REFERENCES request (id)
)
;;
CREATE TABLE stored_reply (
	id INTEGER NOT NULL, 
	key_hash VARCHAR(64) NOT NULL, 
	body_hash VARCHAR(64) NOT NULL, 
	status INTEGER, 
	headers JSON NOT NULL, 
	body BLOB NOT NULL, 
	started_at DATETIME NOT NULL, 
	CONSTRAINT pk_stored_reply PRIMARY KEY (id), 
	CONSTRAINT uq_stored_reply_key_hash UNIQUE (key_hash)
)
;;
CREATE TABLE topic_likeness (
	id INTEGER NOT NULL, 
	topic_id INTEGER NOT NULL, 
	other_id INTEGER NOT NULL, 
	score FLOAT NOT NULL, 
	evidence JSON NOT NULL, 
	run_id INTEGER, 
	found_at DATETIME NOT NULL, 
	refused_by VARCHAR(100), 
	refused_at DATETIME, 
	CONSTRAINT pk_topic_likeness PRIMARY KEY (id), 
	CONSTRAINT fk_topic_likeness_topic_id_topic FOREIGN KEY(topic_id) REFERENCES topic (id), 
	CONSTRAINT fk_topic_likeness_other_id_topic FOREIGN KEY(other_id) REFERENCES topic (id), 
	CONSTRAINT fk_topic_likeness_run_id_run FOREIGN KEY(run_id) REFERENCES run (id), 
	CONSTRAINT uq_topic_likeness_topic_id UNIQUE (topic_id, other_id)
)
;;
CREATE TABLE inlet_event (
	id INTEGER NOT NULL, 
	inlet VARCHAR(60) NOT NULL, 
	event_key VARCHAR(100) NOT NULL, 
	body_key VARCHAR(64) NOT NULL, 
	record_key VARCHAR(300) NOT NULL, 
	outcome VARCHAR(20) NOT NULL, 
	detail TEXT NOT NULL, 
	body JSON, 
	received_at DATETIME NOT NULL, source_id INTEGER, 
	CONSTRAINT pk_inlet_event PRIMARY KEY (id), 
	CONSTRAINT uq_inlet_event_inlet_event_key UNIQUE (inlet, event_key)
)
;;
CREATE TABLE inlet_record (
	source_id INTEGER NOT NULL, 
	record_key VARCHAR(300) NOT NULL, 
	version DATETIME NOT NULL, 
	is_deleted BOOLEAN NOT NULL, 
	CONSTRAINT pk_inlet_record PRIMARY KEY (source_id, record_key), 
	CONSTRAINT fk_inlet_record_source_id_source FOREIGN KEY(source_id) REFERENCES source (id)
)
;;
CREATE TABLE verification (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	verdict VARCHAR(20) NOT NULL, 
	released_on DATE NOT NULL, 
	fixed_in VARCHAR(60), 
	figures JSON NOT NULL, 
	judged_at DATETIME NOT NULL, 
	decided_at DATETIME, 
	CONSTRAINT pk_verification PRIMARY KEY (id), 
	CONSTRAINT uq_verification_event_id UNIQUE (event_id), 
	CONSTRAINT fk_verification_request_id_request FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_verification_event_id_status_event FOREIGN KEY(event_id) REFERENCES status_event (id)
)
;;
CREATE TABLE notice_refusal (
	id INTEGER NOT NULL, 
	person_key VARCHAR(64) NOT NULL, 
	actor VARCHAR(100) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_notice_refusal PRIMARY KEY (id), 
	CONSTRAINT uq_notice_refusal_person_key UNIQUE (person_key)
)
;;
CREATE TABLE judgement (
	id INTEGER NOT NULL, 
	feedback_id INTEGER NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	sentiment VARCHAR(10) NOT NULL, 
	intent VARCHAR(20) NOT NULL, 
	engine_sentiment VARCHAR(10) NOT NULL, 
	engine_intent VARCHAR(20) NOT NULL, 
	sample VARCHAR(10), 
	actor VARCHAR(100) NOT NULL, 
	judged_at DATETIME NOT NULL, 
	undone_by VARCHAR(100), 
	undone_at DATETIME, 
	CONSTRAINT pk_judgement PRIMARY KEY (id), 
	CONSTRAINT fk_judgement_feedback_id_feedback FOREIGN KEY(feedback_id) REFERENCES feedback (id)
)
;;
CREATE TABLE contact (
	id INTEGER NOT NULL, 
	feedback_id INTEGER NOT NULL, 
	person_key VARCHAR(64) NOT NULL, 
	sealed BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_contact PRIMARY KEY (id), 
	CONSTRAINT fk_contact_feedback_id_feedback FOREIGN KEY(feedback_id) REFERENCES feedback (id), 
	CONSTRAINT uq_contact_feedback_id UNIQUE (feedback_id)
)
;;
CREATE TABLE request_link (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	other_id INTEGER NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_request_link PRIMARY KEY (id), 
	CONSTRAINT fk_request_link_request_id_request FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_request_link_other_id_request FOREIGN KEY(other_id) REFERENCES request (id), 
	CONSTRAINT uq_request_link_request_id_other_id UNIQUE (request_id, other_id)
)
;;
CREATE TABLE change_count (
	writer INTEGER NOT NULL, 
	changes BIGINT NOT NULL, 
	CONSTRAINT pk_change_count PRIMARY KEY (writer)
)
;;
CREATE TABLE subject_count (
	kind VARCHAR(10) NOT NULL, 
	subject_id INTEGER NOT NULL, 
	product VARCHAR(200) NOT NULL, 
	source_id INTEGER NOT NULL, 
	units INTEGER NOT NULL, 
	posts INTEGER NOT NULL, 
	people INTEGER NOT NULL, 
	last_seen_at DATETIME, 
	CONSTRAINT pk_subject_count PRIMARY KEY (kind, subject_id, product, source_id)
)
;;
CREATE UNIQUE INDEX ix_lexicon_entry_active ON lexicon_entry (folded) WHERE removed_at IS NULL
;;
CREATE INDEX ix_ingest_batch_content_sha256 ON ingest_batch (content_sha256)
;;
CREATE INDEX ix_ingest_batch_source_id ON ingest_batch (source_id)
;;
CREATE INDEX ix_topic_parent_id ON topic (parent_id)
;;
CREATE INDEX ix_alert_day ON alert (day)
;;
CREATE INDEX ix_alert_topic_id ON alert (topic_id)
;;
CREATE INDEX ix_feedback_analyzed_run_id ON feedback (analyzed_run_id)
;;
CREATE INDEX ix_feedback_author_key ON feedback (author_key)
;;
CREATE INDEX ix_feedback_batch_id ON feedback (batch_id)
;;
CREATE INDEX ix_feedback_occurred_at_id ON feedback (occurred_at, id)
;;
CREATE INDEX ix_rejected_row_batch_id ON rejected_row (batch_id)
;;
CREATE INDEX ix_request_priority ON request (priority)
;;
CREATE INDEX ix_request_status ON request (status)
;;
CREATE INDEX ix_request_topic_id ON request (topic_id)
;;
CREATE INDEX ix_topic_event_topic_id ON topic_event (topic_id)
;;
CREATE INDEX ix_status_event_request_id ON status_event (request_id)
;;
CREATE INDEX ix_unit_topic_id ON unit (topic_id)
;;
CREATE INDEX ix_evidence_request_id ON evidence (request_id)
;;
CREATE INDEX ix_evidence_unit_id ON evidence (unit_id)
;;
CREATE INDEX ix_request_edit_request_id ON request_edit (request_id)
;;
CREATE INDEX ix_erasure_subject ON erasure (subject)
;;
CREATE INDEX ix_outbox_state_next_at ON outbox (state, next_at)
;;
CREATE INDEX ix_outbox_outlet ON outbox (outlet)
;;
CREATE INDEX ix_outbox_series ON outbox (series)
;;
CREATE UNIQUE INDEX uq_job_wish ON job (wish) WHERE state = 'queued'
;;
CREATE INDEX ix_job_state_run_at ON job (state, run_at)
;;
CREATE INDEX ix_feedback_source_id_occurred_at_id ON feedback (source_id, occurred_at, id)
;;
CREATE INDEX ix_feedback_channel_occurred_at_id ON feedback (channel, occurred_at, id)
;;
CREATE INDEX ix_evidence_request_id_said_at_unit_id ON evidence (request_id, said_at, unit_id)
;;
CREATE INDEX ix_stale_kind_subject_id_said_at ON stale (kind, subject_id, said_at)
;;
CREATE TRIGGER stale_unit_insert AFTER INSERT ON unit BEGIN INSERT INTO stale (kind, subject_id, said_at) SELECT 'topic', NEW.topic_id, f.occurred_at
    FROM feedback f WHERE f.id = NEW.feedback_id AND NEW.topic_id IS NOT NULL; END
;;
CREATE TRIGGER stale_unit_update AFTER UPDATE OF topic_id, intent, sentiment, sentiment_score ON unit WHEN OLD.topic_id IS NOT NEW.topic_id OR OLD.intent IS NOT NEW.intent OR OLD.sentiment IS NOT NEW.sentiment OR OLD.sentiment_score IS NOT NEW.sentiment_score BEGIN INSERT INTO stale (kind, subject_id, said_at) SELECT 'topic', OLD.topic_id, f.occurred_at
    FROM feedback f WHERE f.id = OLD.feedback_id AND OLD.topic_id IS NOT NULL;
  INSERT INTO stale (kind, subject_id, said_at) SELECT 'topic', NEW.topic_id, f.occurred_at
    FROM feedback f WHERE f.id = NEW.feedback_id AND NEW.topic_id IS NOT NULL; END
;;
CREATE TRIGGER stale_unit_delete BEFORE DELETE ON unit BEGIN INSERT INTO stale (kind, subject_id, said_at) SELECT 'topic', OLD.topic_id, f.occurred_at
    FROM feedback f WHERE f.id = OLD.feedback_id AND OLD.topic_id IS NOT NULL; END
;;
CREATE TRIGGER stale_evidence_insert AFTER INSERT ON evidence BEGIN INSERT INTO stale (kind, subject_id, said_at) SELECT 'request', NEW.request_id, f.occurred_at
    FROM unit u JOIN feedback f ON f.id = u.feedback_id WHERE u.id = NEW.unit_id; END
;;
CREATE TRIGGER stale_evidence_delete BEFORE DELETE ON evidence BEGIN INSERT INTO stale (kind, subject_id, said_at) SELECT 'request', OLD.request_id, f.occurred_at
    FROM unit u JOIN feedback f ON f.id = u.feedback_id WHERE u.id = OLD.unit_id; END
;;
CREATE TRIGGER stale_feedback_update AFTER UPDATE OF is_spam, is_burst, person_key, product, channel, app_version, region, segment, signals ON feedback WHEN OLD.is_spam IS NOT NEW.is_spam OR OLD.is_burst IS NOT NEW.is_burst OR OLD.person_key IS NOT NEW.person_key OR OLD.product IS NOT NEW.product OR OLD.channel IS NOT NEW.channel OR OLD.app_version IS NOT NEW.app_version OR OLD.region IS NOT NEW.region OR OLD.segment IS NOT NEW.segment OR OLD.signals IS NOT NEW.signals BEGIN INSERT INTO stale (kind, subject_id, said_at) SELECT 'topic', u.topic_id, NEW.occurred_at
    FROM unit u WHERE u.feedback_id = NEW.id AND u.topic_id IS NOT NULL;
  INSERT INTO stale (kind, subject_id, said_at) SELECT 'request', e.request_id, NEW.occurred_at
    FROM unit u JOIN evidence e ON e.unit_id = u.id WHERE u.feedback_id = NEW.id; END
;;
CREATE TRIGGER evidence_said_at AFTER INSERT ON evidence WHEN NEW.said_at IS NULL BEGIN UPDATE evidence SET said_at = (SELECT f.occurred_at FROM unit u JOIN feedback f ON f.id = u.feedback_id WHERE u.id = NEW.unit_id) WHERE id = NEW.id; END
;;
CREATE INDEX ix_api_key_name ON api_key (name)
;;
CREATE INDEX ix_audit_event_happened_at ON audit_event (happened_at)
;;
CREATE INDEX ix_audit_event_action ON audit_event (action)
;;
CREATE INDEX ix_audit_event_subject ON audit_event (subject)
;;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END
;;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END
;;
CREATE INDEX ix_request_comment_request_id ON request_comment (request_id)
;;
CREATE INDEX ix_stored_reply_started_at ON stored_reply (started_at)
;;
CREATE INDEX ix_topic_likeness_other_id ON topic_likeness (other_id)
;;
CREATE INDEX ix_inlet_event_received_at ON inlet_event (received_at)
;;
CREATE INDEX ix_verification_request_id ON verification (request_id)
;;
CREATE INDEX ix_notice_outbox_key ON notice (outbox_key)
;;
CREATE INDEX ix_judgement_feedback_id ON judgement (feedback_id)
;;
CREATE INDEX ix_judgement_sample ON judgement (sample)
;;
CREATE INDEX ix_contact_person_key ON contact (person_key)
;;
CREATE INDEX ix_inlet_event_record_key ON inlet_event (record_key)
;;
CREATE INDEX ix_request_link_request_id ON request_link (request_id)
;;
CREATE INDEX ix_request_link_other_id ON request_link (other_id)
;;
CREATE INDEX ix_feedback_intent_occurred_at_id ON feedback (intent, occurred_at, id) WHERE intent IS NOT NULL
;;
CREATE INDEX ix_feedback_sentiment_occurred_at_id ON feedback (sentiment, occurred_at, id) WHERE sentiment IS NOT NULL
;;
CREATE INDEX ix_feedback_duplicate_of ON feedback (duplicate_of) WHERE duplicate_of IS NOT NULL
;;
CREATE INDEX ix_feedback_person_key ON feedback (person_key) WHERE person_key IS NOT NULL
;;
CREATE TRIGGER change_unit_insert AFTER INSERT ON unit BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_unit_update AFTER UPDATE ON unit BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_unit_delete AFTER DELETE ON unit BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_run_insert AFTER INSERT ON run BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_run_update AFTER UPDATE ON run BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_run_delete AFTER DELETE ON run BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_insert AFTER INSERT ON topic BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_update AFTER UPDATE ON topic BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_delete AFTER DELETE ON topic BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_event_insert AFTER INSERT ON topic_event BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_event_update AFTER UPDATE ON topic_event BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_event_delete AFTER DELETE ON topic_event BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_insert AFTER INSERT ON request BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_update AFTER UPDATE ON request BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_delete AFTER DELETE ON request BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_evidence_insert AFTER INSERT ON evidence BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_evidence_update AFTER UPDATE ON evidence BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_evidence_delete AFTER DELETE ON evidence BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_status_event_insert AFTER INSERT ON status_event BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_status_event_update AFTER UPDATE ON status_event BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_status_event_delete AFTER DELETE ON status_event BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_edit_insert AFTER INSERT ON request_edit BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_edit_update AFTER UPDATE ON request_edit BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_edit_delete AFTER DELETE ON request_edit BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_link_insert AFTER INSERT ON request_link BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_link_update AFTER UPDATE ON request_link BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_link_delete AFTER DELETE ON request_link BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_comment_insert AFTER INSERT ON request_comment BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_comment_update AFTER UPDATE ON request_comment BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_request_comment_delete AFTER DELETE ON request_comment BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_notice_insert AFTER INSERT ON notice BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_notice_update AFTER UPDATE ON notice BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_notice_delete AFTER DELETE ON notice BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_notice_refusal_insert AFTER INSERT ON notice_refusal BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_notice_refusal_update AFTER UPDATE ON notice_refusal BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_notice_refusal_delete AFTER DELETE ON notice_refusal BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_alert_insert AFTER INSERT ON alert BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_alert_update AFTER UPDATE ON alert BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_alert_delete AFTER DELETE ON alert BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_verification_insert AFTER INSERT ON verification BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_verification_update AFTER UPDATE ON verification BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_verification_delete AFTER DELETE ON verification BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_likeness_insert AFTER INSERT ON topic_likeness BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_likeness_update AFTER UPDATE ON topic_likeness BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_topic_likeness_delete AFTER DELETE ON topic_likeness BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_judgement_insert AFTER INSERT ON judgement BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_judgement_update AFTER UPDATE ON judgement BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_judgement_delete AFTER DELETE ON judgement BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_lexicon_entry_insert AFTER INSERT ON lexicon_entry BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_lexicon_entry_update AFTER UPDATE ON lexicon_entry BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_lexicon_entry_delete AFTER DELETE ON lexicon_entry BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_erasure_insert AFTER INSERT ON erasure BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_erasure_update AFTER UPDATE ON erasure BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_erasure_delete AFTER DELETE ON erasure BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_feedback_update AFTER UPDATE ON feedback BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_feedback_delete AFTER DELETE ON feedback BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_source_update AFTER UPDATE ON source BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_source_delete AFTER DELETE ON source BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_rejected_row_update AFTER UPDATE ON rejected_row BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_rejected_row_delete AFTER DELETE ON rejected_row BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_ingest_batch_update AFTER UPDATE ON ingest_batch WHEN OLD.read_count > 0 OR OLD.notes IS NOT NEW.notes OR OLD.source_id <> NEW.source_id BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE TRIGGER change_ingest_batch_delete AFTER DELETE ON ingest_batch BEGIN INSERT INTO change_count (writer, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM change_count); UPDATE change_count SET changes = changes + 1; END
;;
CREATE INDEX ix_feedback_product_occurred_at_id ON feedback (product, occurred_at, id) WHERE product IS NOT NULL
;;
CREATE INDEX ix_notice_request_id_status ON notice (request_id, status)
;;
