"""Which functions of the engines read no table? Those that the parser does not know by itself."""

_NAMES = """
row values now nextval currval setval lastval version current_setting set_config
pg_backend_pid pg_sleep pg_advisory_lock pg_advisory_unlock pg_advisory_xact_lock pg_try_advisory_lock
pg_try_advisory_xact_lock pg_advisory_unlock_all txid_current pg_current_xact_id clock_timestamp
statement_timestamp transaction_timestamp timeofday gen_random_uuid uuid_generate_v4 to_char to_number to_json
to_jsonb jsonb_build_object jsonb_build_array json_build_object json_build_array jsonb_array_elements
jsonb_array_length jsonb_set md5 sha256 digest crypt gen_salt btrim to_tsvector to_tsquery plainto_tsquery
websearch_to_tsquery ts_rank ts_headline setseed pg_typeof row_to_json array_to_json json_agg jsonb_agg
string_to_array array_length array_position array_append unnest quote_ident quote_literal quote_nullable
octet_length bit_length make_date make_timestamp make_interval age last_insert_id row_count found_rows
connection_id database schema user session_user current_role uuid uuid_short rand sleep get_lock release_lock
is_free_lock inet_aton inet_ntoa benchmark unix_timestamp from_unixtime utc_timestamp utc_date utc_time sysdate
curdate curtime date_format str_to_date ifnull isnull strcmp field elt make_set conv bin oct sha1 sha sha2
aes_encrypt aes_decrypt compress uncompress crc32 json_extract json_object json_array json_set json_unquote
json_contains json_length truncate mod changes total_changes last_insert_rowid random randomblob zeroblob typeof
quote printf unicode likely unlikely likelihood sqlite_version json json_type json_valid json_each json_tree
julianday strftime total iif hex unhex instr substr char glob
"""
HARMLESS = frozenset(_NAMES.split())
