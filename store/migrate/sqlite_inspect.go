package migrate

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"
)

// inspect reads the main schema.
func (s sqlite) inspect(ctx context.Context, q querier) (map[string]*found, error) {
	all := map[string]*found{}
	for _, read := range []func(context.Context, querier, map[string]*found) error{s.readColumns, s.readIndexes, s.readForeignKeys, s.readChecks} {
		if err := read(ctx, q, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// In table_xinfo hidden is 2 or 3 for computed columns.
const sqliteColumns = `
select m.name, m.type = 'view', c.name, c.type, c."notnull", c.dflt_value is not null, c.pk, c.hidden in (2, 3)
from sqlite_schema m join pragma_table_xinfo(m.name) c
where m.type in ('table', 'view') and m.name not like 'sqlite~_%' escape '~'
order by m.name, c.cid`

func (s sqlite) readColumns(ctx context.Context, q querier, all map[string]*found) error {
	type key struct {
		table, column string
		pos           int
	}
	keys, err := collect(ctx, q, sqliteColumns, func(scan func(...any) error) (key, error) {
		var k key
		var view bool
		var c foundColumn
		if err := scan(&k.table, &view, &c.name, &c.typ, &c.notNull, &c.hasDefault, &k.pos, &c.computed); err != nil {
			return k, err
		}
		if all[k.table] == nil {
			all[k.table] = &found{view: view}
		}
		k.column = c.name
		all[k.table].columns = append(all[k.table].columns, c)
		return k, nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(keys, func(a, b key) int { return a.pos - b.pos })
	for _, k := range keys {
		if f := all[k.table]; k.pos > 0 {
			f.primaryKey = append(f.primaryKey, k.column)
		}
	}
	for _, f := range all {
		// The one column of such a key is an alias of the rowid.
		if len(f.primaryKey) == 1 {
			c := f.column(f.primaryKey[0])
			c.generated = strings.EqualFold(c.typ, "integer")
		}
	}
	return nil
}

// Of index_xinfo the key columns count; a cid below 0 is an expression or the
// row's number.
const sqliteIndexes = `
select m.name, i.name, i."unique", coalesce(x.sql, ''), c.name
from sqlite_schema m
join pragma_index_list(m.name) i
join pragma_index_xinfo(i.name) c
left join sqlite_schema x on x.type = 'index' and x.name = i.name
where m.type = 'table' and i.origin <> 'pk' and c.key = 1
order by m.name, i.seq, c.seqno`

func (s sqlite) readIndexes(ctx context.Context, q querier, all map[string]*found) error {
	_, err := collect(ctx, q, sqliteIndexes, func(scan func(...any) error) (struct{}, error) {
		var table, text string
		var ix index
		var column sql.NullString
		if err := scan(&table, &ix.name, &ix.unique, &text, &column); err != nil {
			return struct{}{}, err
		}
		f := all[table]
		if f == nil {
			return struct{}{}, nil
		}
		if n := len(f.indexes); n == 0 || f.indexes[n-1].name != ix.name {
			ix.text = whereOf(text)
			f.indexes = append(f.indexes, ix)
		}
		last := &f.indexes[len(f.indexes)-1]
		// No model has a column with an empty name, so an expression never matches.
		last.columns = append(last.columns, column.String)
		return struct{}{}, nil
	})
	return err
}

var wherePattern = regexp.MustCompile(`(?is)\)\s*where\b(.*)$`)

// whereOf returns the condition of an index from its statement.
func whereOf(text string) string {
	m := wherePattern.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

const sqliteForeignKeys = `
select m.name, k.id, k."table", k."from", k."to", k.on_delete in ('NO ACTION', 'RESTRICT')
from sqlite_schema m join pragma_foreign_key_list(m.name) k
where m.type = 'table'
order by m.name, k.id, k.seq`

func (s sqlite) readForeignKeys(ctx context.Context, q querier, all map[string]*found) error {
	last := -1
	_, err := collect(ctx, q, sqliteForeignKeys, func(scan func(...any) error) (struct{}, error) {
		var table, column string
		var k foreignKey
		var id int
		var to sql.NullString
		if err := scan(&table, &id, &k.target, &column, &to, &k.keeps); err != nil {
			return struct{}{}, err
		}
		f := all[table]
		if f == nil {
			return struct{}{}, nil
		}
		if len(f.foreignKeys) == 0 || last != id {
			k.name = "to " + k.target // pragmas do not tell names
			f.foreignKeys = append(f.foreignKeys, k)
		}
		last = id
		key := &f.foreignKeys[len(f.foreignKeys)-1]
		if !to.Valid { // the primary key of the target
			if target := all[k.target]; target != nil && len(key.columns) < len(target.primaryKey) {
				to.String = target.primaryKey[len(key.columns)]
			}
		}
		key.columns, key.keys = append(key.columns, column), append(key.keys, to.String)
		return struct{}{}, nil
	})
	return err
}
