package store

import (
	"strings"
	"testing"
)

func TestWithoutValues(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, sql, want string }{
		{"Strings", `select * from t where a = 'x' and b = 'it''s' and c = ''`, `select * from t where a = ? and b = ? and c = ?`},
		{"Numbers", `select a1, -1, 1.5e-3, 0xff from t limit 10`, `select a1, -?, ?, ? from t limit ?`},
		{"Names", `select "a'b""c", t."1" from "x 1"`, `select "a'b""c", t."1" from "x 1"`},
		{"Placeholders", `select $1, ?, ?2 from t`, `select $1, ?, ?2 from t`},
		{"Bytes", `select '\x00ff', x'00', E'a\'b', U&'\0061', b'01'`, `select ?, ?, ?, ?, ?`},
		{"Dollars", `select $$a'b$$, $q$c$$d$q$, a$b$c from t`, `select ?, ?, a$b$c from t`},
		{"Comments", "select 1 -- 'a'\n, 2 /* 'b' /* c */ */ from t", "select ?  \n, ?   from t"},
		{"Casts", `select 'a'::text, a[1:2] from t`, `select ?::text, a[?:?] from t`},
		{"Backticks", "select `a` from t", "select ? from t"},
		{"OpenString", `select 'abc`, `select ?`},
		{"OpenName", `select "abc`, `select ?`},
		{"OpenComment", `select /* abc`, `select  `},
		{"OpenDollars", `select $a$ abc`, `select ?`},
		{"Tuples", `insert into t (a, b) values (1, 'x'), (2, 'y')`, `insert into t (a, b) values (?, ?), (?, ?)`},
	}
	for _, tt := range tests {
		if got := withoutValues(tt.sql); got != tt.want {
			t.Errorf("%s: got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	long := withoutValues("insert into t values " + strings.Repeat("(1, 'x'), ", 100_000))
	if len(long) > maxTracedSQL+20 || !strings.HasSuffix(long, " ...") {
		t.Errorf("a text of %d bytes is left", len(long))
	}
}

func TestDescribeSQL(t *testing.T) {
	t.Parallel()
	tests := []struct{ sql, op, table string }{
		{`select a from notes where b is distinct from c`, "select", "notes"},
		{`select (select count(*) from books b where b.a = n.id) from "notes" n`, "select", "notes"},
		{`select x from (select (select 1 from inner_one), a from notes) p where a is distinct from b`, "select", "notes"},
		{`SELECT "n"."id" FROM "notes" AS "n" FOR UPDATE OF "n"`, "select", "notes"},
		{`with old as (select * from notes for update), new as (update "notes" set a = 1), l as (insert into plinth_changes default values) select 1`, "update", "notes"},
		{`with o as (select 1 from notes for no key update) select 1 from o`, "select", "o"},
		{`insert into t (a) select b from s on conflict (a) do update set a = 1`, "insert", "t"},
		{`delete from t using s`, "delete", "t"},
		{`savepoint plinth_1`, "savepoint", ""},
		{`rollback to savepoint plinth_1`, "rollback", ""},
		{`BEGIN`, "begin", ""},
		{`explain (format text) select a from notes`, "select", "notes"},
		{`create table t (a int references s on update cascade)`, "create", ""},
		{``, "", ""},
	}
	for _, tt := range tests {
		if op, table := describeSQL(tt.sql); op != tt.op || table != tt.table {
			t.Errorf("%s: got %q %q, want %q %q", tt.sql, op, table, tt.op, tt.table)
		}
	}
}

// FuzzWithoutValues writes a value in every form there is: nothing of it is left.
func FuzzWithoutValues(f *testing.F) {
	for _, seed := range []string{"", "a", "it's", `a\'b`, "a\\", "$$", "$q$", "--", "/*", "*/", `"`, "`", "E'", "?1", "é\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		doubled := strings.ReplaceAll(value, "'", "''")
		escaped := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)
		forms := []string{"'" + doubled + "'", "E'" + escaped + "'", "e'" + strings.ReplaceAll(escaped, `\'`, "''") + "'"}
		if !strings.Contains(value, "$q$") && !strings.HasSuffix(value, "$q") && !strings.HasSuffix(value, "$") {
			forms = append(forms, "$q$"+value+"$q$")
		}
		for _, form := range forms {
			if got := withoutValues("select a, " + form + ", b from t"); got != "select a, ?, b from t" {
				t.Errorf("%s: got %s", form, got)
			}
		}
		// Any text at all: no string stays, and nothing panics.
		rest := withoutValues(value)
		describeSQL(rest)
		for rest != "" {
			kind, size := sqlToken(rest)
			if kind == sqlOther && rest[0] == '\'' || size == 0 {
				t.Errorf("%q: got %q", value, rest)
			}
			rest = rest[size:]
		}
	})
}
