package sqlite

import "testing"

func TestWrites(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"select 1":                             false,
		"  \n SELECT 1":                        false,
		"-- note\nselect 1":                    false,
		"/* update */ select 1":                false,
		"values (1)":                           false,
		"explain insert into t values (1)":     false,
		"insert into t values (1)":             true,
		"update t set a = 1":                   true,
		"delete from t":                        true,
		"replace into t values (1)":            true,
		"create table t (a)":                   true,
		"savepoint a":                          true,
		"pragma optimize":                      true,
		"":                                     true,
		"with a as (select 1) select * from a": false,
		"with a as (delete from t returning 1) select 1":                      false, // no SQL of SQLite's
		"with a as (select 1) insert into t select * from a":                  true,
		"WITH RECURSIVE a(x) AS (values (1)), b as (select 2) UPDATE t set a": true,
		`with "insert" as (select ')' || ']') select 1`:                       false,
		"with [delete from] as (select 1) select 1":                           false,
		"with `it''s` as (select 'it''s (') delete from t":                    true,
		"with a as materialized (select 1 /* ) */) select 1":                  false,
		"with selected as (select 1) delete from t":                           true,
		"with a as (select 1":                                                 true,
	} {
		if got := writes(text); got != want {
			t.Errorf("writes(%q) = %v", text, got)
		}
	}
}
