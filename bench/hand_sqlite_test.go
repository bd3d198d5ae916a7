package bench_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"

	_ "modernc.org/sqlite" // the driver of the hand-written side
)

// handSQLite reads and writes by database/sql with statements prepared at the
// start: one connection that writes, several that read, the settings of
// Plinth's.
type handSQLite struct {
	writer, readers *sql.DB
	tables          map[string]*itemStatements
	trees           map[string]*sql.Stmt
}

type itemStatements struct {
	get, insert, update *sql.Stmt

	insertOnly      *sql.Stmt
	cheapest, byKey map[int]*sql.Stmt
}

// timeFormat is how times are kept: of one width, so that their text has their
// order.
const timeFormat = "2006-01-02T15:04:05.000000-07:00"

func openHandSQLite(ctx context.Context, server *serverConfig) (*handSQLite, error) {
	pragmas := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)", "trusted_schema(0)",
		"cell_size_check(1)", "temp_store(2)", "cache_size(-8192)", "journal_size_limit(67108864)",
	}}
	h := &handSQLite{tables: map[string]*itemStatements{}, trees: map[string]*sql.Stmt{}}
	var err error
	if h.writer, err = openPool(server.Database, pragmas, 1); err != nil {
		return nil, err
	}
	pragmas.Add("_pragma", "query_only(1)")
	if h.readers, err = openPool(server.Database, pragmas, min(max(2, 2*runtime.GOMAXPROCS(0)), 8)); err != nil {
		return nil, err
	}
	for table, texts := range server.texts() {
		if h.tables[table], err = h.prepare(ctx, texts); err != nil {
			return nil, err
		}
	}
	for tree, text := range treesSQLite {
		if h.trees[tree], err = h.readers.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func openPool(path string, pragmas url.Values, size int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

func (h *handSQLite) prepare(ctx context.Context, texts *itemTexts) (*itemStatements, error) {
	var errs []error
	statement := func(db *sql.DB, text string) *sql.Stmt {
		s, err := db.PrepareContext(ctx, text)
		errs = append(errs, err)
		return s
	}
	s := &itemStatements{
		get: statement(h.readers, texts.get), insert: statement(h.writer, texts.insert), update: statement(h.writer, texts.update),
		insertOnly: statement(h.writer, texts.insertOnly), cheapest: map[int]*sql.Stmt{}, byKey: map[int]*sql.Stmt{},
	}
	for limit := range texts.cheapest {
		s.cheapest[limit] = statement(h.readers, texts.cheapest[limit])
		s.byKey[limit] = statement(h.readers, texts.byKey[limit])
	}
	return s, errors.Join(errs...)
}

func scanTextItem(scan func(...any) error, it *item[string]) error {
	return scan(&it.ID, &it.CreatedAt, &it.UpdatedAt, &it.Version, &it.OwnerID, &it.Title, &it.Body, &it.Price)
}

func (h *handSQLite) get(ctx context.Context, table, id, owner string) (any, error) {
	return h.one(h.tables[table].get.QueryRowContext(ctx, id, owner))
}

func (h *handSQLite) one(row *sql.Row) (any, error) {
	it := new(item[string])
	err := scanTextItem(row.Scan, it)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNone
	}
	return it, err
}

func (h *handSQLite) cheapest(ctx context.Context, table, owner string, price int64, limit int) (any, int, error) {
	return h.many(ctx, limit, h.tables[table].cheapest[limit], owner, price)
}

func (h *handSQLite) byKey(ctx context.Context, table, owner string, limit int) (any, int, error) {
	return h.many(ctx, limit, h.tables[table].byKey[limit], owner)
}

func (h *handSQLite) many(ctx context.Context, limit int, s *sql.Stmt, args ...any) (any, int, error) {
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	items := make([]item[string], 0, limit)
	for rows.Next() {
		items = append(items, item[string]{})
		if err := scanTextItem(rows.Scan, &items[len(items)-1]); err != nil {
			return nil, 0, err
		}
	}
	return items, len(items), rows.Err()
}

func (h *handSQLite) insert(ctx context.Context, table, owner string, n *newItem, assumed bool) (any, error) {
	now := stamp().Format(timeFormat)
	it := &item[string]{
		ID: newKey(), CreatedAt: now, UpdatedAt: now, Version: 1, OwnerID: owner, Title: n.Title, Body: n.Body, Price: n.Price,
	}
	args := []any{it.ID, now, now, it.Version, owner, it.Title, it.Body, it.Price}
	if !assumed {
		return it, scanTextItem(h.tables[table].insert.QueryRowContext(ctx, args...).Scan, it)
	}
	_, err := h.tables[table].insertOnly.ExecContext(ctx, args...)
	return it, err
}

func (h *handSQLite) update(ctx context.Context, table, id, owner string, p *itemPatch) (any, error) {
	return h.one(h.tables[table].update.QueryRowContext(ctx, id, owner, p.Title, p.Body, p.Price, stamp().Format(timeFormat)))
}

// treesSQLite are the statements that build the JSON of each tree in the
// database, children inside the arguments of their parents.
var treesSQLite = map[string]string{
	treeSelects[0]: fmt.Sprintf(authorsSQLite, ""),
	treeSelects[1]: fmt.Sprintf(authorsSQLite, fmt.Sprintf(commentsSQLite, "")),
	treeSelects[2]: fmt.Sprintf(authorsSQLite, fmt.Sprintf(commentsSQLite, writersSQLite)),
}

const (
	authorsSQLite = `select json_group_array(json_object('id', a.id, 'name', a.name, 'posts',
	(select json_group_array(json_object('id', p.id, 'title', p.title, 'score', p.score%s))
	from (select * from posts p where p.author_id = a.id and p.public and p.score >= $2 order by p.score desc, p.id desc limit 5) p)))
	from (select * from authors a where a.active and a.id >= $1 order by a.id limit 20) a`
	commentsSQLite = `, 'comments',
		(select json_group_array(json_object('id', c.id, 'body', c.body%s))
		from (select * from comments c where c.post_id = p.id and not c.hidden order by c.id limit 3) c)`
	writersSQLite = `, 'writer',
			(select json_object('id', w.id, 'name', w.name) from authors w where w.id = c.writer_id and w.active)`
)

func (h *handSQLite) authors(ctx context.Context, tree string, from, score int64) ([]byte, error) {
	statement, ok := h.trees[tree]
	if !ok {
		return nil, errNone
	}
	var body []byte
	err := statement.QueryRowContext(ctx, from, score).Scan(&body)
	return body, err
}
