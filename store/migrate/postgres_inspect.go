package migrate

import (
	"context"
	"encoding/json"
)

// inspect reads the schema new tables would be created in.
func (p postgres) inspect(ctx context.Context, q querier) (map[string]*found, error) {
	all := map[string]*found{}
	for _, read := range []func(context.Context, querier, map[string]*found) error{p.readColumns, p.readIndexes, p.readForeignKeys, p.readChecks} {
		if err := read(ctx, q, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// postgresColumns looks through domains at the type beneath. The collation compares
// bytes if its name is C, or if it is the default and the provider of the database is
// libc with such a locale or PostgreSQL itself. Releases before 15 have no
// datlocprovider and support libc only.
const postgresColumns = `
select c.relname, c.relkind in ('v', 'm'), a.attname, coalesce(b.typname, t.typname),
	a.attnotnull or t.typnotnull, a.atthasdef and a.attgenerated = '' or t.typdefault is not null,
	a.attidentity <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false), a.attgenerated <> '',
	coalesce(o.collname in ('C', 'POSIX', 'ucs_basic') or o.collname = 'default' and
		(select case coalesce(to_jsonb(b)->>'datlocprovider', 'c') when 'c' then b.datcollate in ('C', 'POSIX', 'C.UTF-8', 'C.utf8') else to_jsonb(b)->>'datlocprovider' = 'b' end
			from pg_database b where b.datname = current_database()), false)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid
left join pg_type b on b.oid = t.typbasetype
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
left join pg_collation o on o.oid = a.attcollation
where n.nspname = current_schema() and c.relkind in ('r', 'p', 'f', 'v', 'm')
order by c.relname, a.attnum`

func (postgres) readColumns(ctx context.Context, q querier, all map[string]*found) error {
	_, err := collect(ctx, q, postgresColumns, func(scan func(...any) error) (struct{}, error) {
		var table string
		var view bool
		var c foundColumn
		err := scan(&table, &view, &c.name, &c.typ, &c.notNull, &c.hasDefault, &c.generated, &c.computed, &c.bytewise)
		if err != nil {
			return struct{}{}, err
		}
		if all[table] == nil {
			all[table] = &found{view: view}
		}
		all[table].columns = append(all[table].columns, c)
		return struct{}{}, nil
	})
	return err
}

// postgresIndexes leaves out what finds no row by columns: indexes that were not
// finished, and those over expressions. A deferred one is not unique for "on
// conflict".
const postgresIndexes = `
select c.relname, x.relname, i.indisprimary, i.indisunique and i.indimmediate, coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
	to_json(array(select a.attname from unnest(i.indkey) with ordinality k (num, pos)
		join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num
		where k.pos <= i.indnkeyatts order by k.pos))::text
from pg_index i
join pg_class c on c.oid = i.indrelid
join pg_class x on x.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema() and i.indisvalid and i.indexprs is null
order by c.relname, x.relname`

func (postgres) readIndexes(ctx context.Context, q querier, all map[string]*found) error {
	_, err := collect(ctx, q, postgresIndexes, func(scan func(...any) error) (struct{}, error) {
		var table, where, columns string
		var primary bool
		var ix index
		if err := scan(&table, &ix.name, &primary, &ix.unique, &where, &columns); err != nil {
			return struct{}{}, err
		}
		if err := json.Unmarshal([]byte(columns), &ix.columns); err != nil {
			return struct{}{}, err
		}
		ix.text = where
		switch f := all[table]; {
		case f == nil: // made since the columns were read
		case primary:
			f.primaryKey = ix.columns
		default:
			f.indexes = append(f.indexes, ix)
		}
		return struct{}{}, nil
	})
	return err
}

const postgresForeignKeys = `
select c.relname, k.conname, r.relname, k.confdeltype in ('a', 'r'),
	to_json(array(select a.attname from unnest(k.conkey) with ordinality u (num, pos)
		join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num order by u.pos))::text,
	to_json(array(select a.attname from unnest(k.confkey) with ordinality u (num, pos)
		join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num order by u.pos))::text
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_class r on r.oid = k.confrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema() and k.contype = 'f'
order by c.relname, k.conname`

func (postgres) readForeignKeys(ctx context.Context, q querier, all map[string]*found) error {
	_, err := collect(ctx, q, postgresForeignKeys, func(scan func(...any) error) (struct{}, error) {
		var table, columns, keys string
		var k foreignKey
		if err := scan(&table, &k.name, &k.target, &k.keeps, &columns, &keys); err != nil {
			return struct{}{}, err
		}
		err := json.Unmarshal([]byte(columns), &k.columns)
		if err == nil {
			err = json.Unmarshal([]byte(keys), &k.keys)
		}
		if f := all[table]; f != nil {
			f.foreignKeys = append(f.foreignKeys, k)
		}
		return struct{}{}, err
	})
	return err
}

const postgresChecks = `
select c.relname, k.conname, pg_get_expr(k.conbin, k.conrelid)
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema() and k.contype = 'c'
order by c.relname, k.conname`

func (postgres) readChecks(ctx context.Context, q querier, all map[string]*found) error {
	_, err := collect(ctx, q, postgresChecks, func(scan func(...any) error) (struct{}, error) {
		var table string
		var k foundCheck
		if err := scan(&table, &k.name, &k.text); err != nil {
			return struct{}{}, err
		}
		if f := all[table]; f != nil {
			f.checks = append(f.checks, k)
		}
		return struct{}{}, nil
	})
	return err
}
