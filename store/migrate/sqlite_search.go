package migrate

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// search describes an FTS5 table of words without texts, a table that numbers the rows
// by their keys, and triggers that maintain both for every writer. The numbers are
// separate from rowids because VACUUM may change those. The triggers call no custom
// function, so they work in every program with SQLite 3.43 and FTS5.
//
// The index may find rows that do not match, such as rows that "insert or replace"
// removed by another key. It never misses one.
func (s sqlite) search(c *store.Column) searchIndex {
	t, name, keys := c.Table, schema.SearchName(c), schema.SearchKeys(c)
	made := func(kind, name, text string) piece {
		text = "create " + kind + " " + quote(name) + " " + text
		return piece{name: name, table: t.Name, create: text, definition: text}
	}
	columns := make([]string, len(t.PrimaryKey))
	for i, pk := range t.PrimaryKey {
		columns[i] = quote(pk.Name) + " " + s.columnType(pk.Kind) + " not null"
	}
	pk := quoteAll(names(t.PrimaryKey))
	enter := "\n\tinsert into " + quote(keys) + " (" + pk + ") select " + rowKey(t, "new") + " where not exists (select 1 from " + quote(keys) + " where " + sameKey(t, "new") + ");" +
		removeWords(c, "new") +
		"\n\tinsert into " + quote(name) + ` (rowid, words) select "row?", ` + searchedText("new", c) + " from " + quote(keys) + " where " + sameKey(t, "new") + ";"
	leave := removeWords(c, "old") + "\n\tdelete from " + quote(keys) + " where " + sameKey(t, "old") + ";"
	moved := "(" + rowKey(t, "old") + ") is not (" + rowKey(t, "new") + ")"
	trigger := func(event, when, body string) piece {
		if when != "" {
			when = " when " + when
		}
		verb, _, _ := strings.Cut(event, " ")
		return made("trigger", name+"_"+verb, "after "+strings.TrimPrefix(event, "rekey ")+" on "+quote(t.Name)+when+" begin"+body+"\nend")
	}
	old, fresh := "old."+quote(c.Name), "new."+quote(c.Name)
	inserted := trigger("insert", "", enter)
	inserted.index = name
	return searchIndex{
		pieces: []piece{
			made("table", keys, `("row?" integer primary key, `+strings.Join(columns, ", ")+", unique ("+pk+"))"),
			made("virtual table", name, `using fts5(words, content='', contentless_delete=1, detail=none, tokenize="`+fulltext.FTS5Tokenizer()+`")`),
			inserted,
			trigger("update", old+" is not "+fresh+" or "+moved, enter),
			trigger("rekey update of "+pk, moved, leave),
			trigger("delete", "", leave),
		},
		fill: []string{
			"insert into " + quote(keys) + " (" + pk + ") select " + pk + " from " + quote(t.Name),
			"insert into " + quote(name) + ` (rowid, words) select k."row?", ` + searchedText("t", c) + " from " + quote(keys) + " k join " + quote(t.Name) + " t on " + joinKey(t),
		},
	}
}

// removeWords takes the words of a row out of the index.
func removeWords(c *store.Column, row string) string {
	return "\n\tdelete from " + quote(schema.SearchName(c)) + ` where rowid = (select "row?" from ` + quote(schema.SearchKeys(c)) + " where " + sameKey(c.Table, row) + ");"
}

// searchedText is the part of a text that is searched. SQLite does not fold İ.
func searchedText(row string, c *store.Column) string {
	return fmt.Sprintf("substr(replace(%s.%s, 'İ', 'i'), 1, %d)", row, quote(c.Name), fulltext.MaxText)
}

// rowKey lists the key of a row, sameKey compares it with the columns of the
// table of keys, and joinKey that table with the rows.
func rowKey(t *store.Table, row string) string {
	list := make([]string, len(t.PrimaryKey))
	for i, pk := range t.PrimaryKey {
		list[i] = row + "." + quote(pk.Name)
	}
	return strings.Join(list, ", ")
}

func sameKey(t *store.Table, row string) string {
	list := make([]string, len(t.PrimaryKey))
	for i, pk := range t.PrimaryKey {
		list[i] = quote(pk.Name) + " = " + row + "." + quote(pk.Name)
	}
	return strings.Join(list, " and ")
}

func joinKey(t *store.Table) string {
	list := make([]string, len(t.PrimaryKey))
	for i, pk := range t.PrimaryKey {
		list[i] = "t." + quote(pk.Name) + " = k." + quote(pk.Name)
	}
	return strings.Join(list, " and ")
}

// sqlitePieces reads every table and trigger. Pieces are identified by name.
const sqlitePieces = `
select name, tbl_name, case when type = 'trigger' and name like '%~_search~_insert' escape '~' then substr(name, 1, length(name) - 7) else '' end, sql
from sqlite_schema where type in ('table', 'trigger') and name like '%~_search%' escape '~'`

func (sqlite) pieces(ctx context.Context, q querier) ([]piece, error) {
	return collect(ctx, q, sqlitePieces, scanPiece)
}

func scanPiece(scan func(...any) error) (piece, error) {
	var p piece
	err := scan(&p.name, &p.table, &p.index, &p.definition)
	return p, err
}

func (sqlite) dropSearch(name string) string {
	drops := make([]string, 0, 6)
	for _, trigger := range []string{"_insert", "_update", "_rekey", "_delete"} {
		drops = append(drops, "drop trigger if exists "+quote(name+trigger))
	}
	return strings.Join(append(drops, "drop table if exists "+quote(name), "drop table if exists "+quote(name+"_keys")), "; ")
}
