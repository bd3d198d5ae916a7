package migrate

import (
	"context"
	"fmt"

	"github.com/seed-7694ebf6/plinth/internal/fulltext"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// search describes an index over the words of a text, which a function makes.
// PL/pgSQL keeps the function from being copied into every plan.
func (p postgres) search(c *store.Column) searchIndex {
	name, body := schema.SearchName(c), p.searchBody()
	return searchIndex{pieces: []piece{
		{
			name:       schema.SearchFunction + "()",
			create:     "create function " + schema.SearchFunction + "(text) returns tsvector language plpgsql immutable strict parallel safe as $plinth$" + body + "$plinth$",
			definition: body,
			drop:       "drop function " + schema.SearchFunction + "(text) cascade",
		},
		{
			name: name, table: c.Table.Name, index: name,
			create:     fmt.Sprintf("create index %s on %s using gin (%s(%s))", quote(name), quote(c.Table.Name), schema.SearchFunction, quote(c.Name)),
			definition: c.Name,
		},
	}}
}

// searchBody is the function's: the words of a text as package fulltext has
// them. The words come from our own table of characters, because PostgreSQL's
// parser takes URLs and numbers for words, and its classes of characters depend
// on the locale.
func (p postgres) searchBody() string {
	return fmt.Sprintf(`
begin
	return pg_catalog.array_to_tsvector(array(
		select pg_catalog.left(w, %d)
		from pg_catalog.regexp_split_to_table(
			pg_catalog.translate(%s, 'ς', 'σ') collate "C",
			'[%s]+') w
		where w <> ''));
end
`, fulltext.MaxWord, fmt.Sprintf(p.fold, fmt.Sprintf("pg_catalog.left($1, %d)", fulltext.MaxText)), fulltext.Class())
}

// postgresPieces reads the function, and the indexes over it, with the column if
// they are what search makes; and indexes that only have such a name.
const postgresPieces = `
select p.proname || '()', '', '', p.prosrc
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = current_schema() and p.proname = 'plinth_search' and pg_get_function_identity_arguments(p.oid) = 'text'
union all
select x.relname, c.relname, case when e.words then x.relname else '' end, coalesce(a.attname, '')
from pg_index i
join pg_class c on c.oid = i.indrelid
join pg_class x on x.oid = i.indexrelid
join pg_am m on m.oid = x.relam
join pg_namespace n on n.oid = c.relnamespace
cross join lateral (select replace(pg_get_expr(i.indexprs, i.indrelid), quote_ident(n.nspname) || '.', '') as text) d
cross join lateral (select m.amname = 'gin' and coalesce(d.text like 'plinth~_search(%' escape '~', false) as words) e
left join pg_attribute a on e.words and a.attrelid = c.oid and a.attnum > 0 and d.text = 'plinth_search(' || quote_ident(a.attname) || ')'
	and i.indisvalid and i.indpred is null and i.indnatts = 1
where n.nspname = current_schema() and (e.words or x.relname like '%~_search' escape '~')`

func (postgres) pieces(ctx context.Context, q querier) ([]piece, error) {
	return collect(ctx, q, postgresPieces, scanPiece)
}

func (postgres) dropSearch(name string) string { return "drop index if exists " + quote(name) }
