package bench_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// handPostgres reads and writes by pgxpool, as it comes: statements are prepared
// and kept, values travel in binary. Settings that would change what the server
// does are those Plinth's connections have.
type handPostgres struct {
	pool  *pgxpool.Pool
	texts map[string]*itemTexts
}

func openHandPostgres(ctx context.Context, server *serverConfig) (*handPostgres, error) {
	config, err := pgxpool.ParseConfig(server.Database)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 20
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if server.Pooler {
		// Another session may have another transaction's statements, and
		// PgBouncer refuses settings that it does not follow.
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	} else {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
		config.ConnConfig.RuntimeParams["jit"] = "off"
		config.ConnConfig.RuntimeParams["statement_timeout"] = "30000"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &handPostgres{pool: pool, texts: server.texts()}, pool.Ping(ctx)
}

func scanItem(row pgx.Row, it *item[time.Time]) error {
	return row.Scan(&it.ID, &it.CreatedAt, &it.UpdatedAt, &it.Version, &it.OwnerID, &it.Title, &it.Body, &it.Price)
}

func (h *handPostgres) get(ctx context.Context, table, id, owner string) (any, error) {
	return h.one(h.pool.QueryRow(ctx, h.texts[table].get, id, owner))
}

func (h *handPostgres) one(row pgx.Row) (any, error) {
	it := new(item[time.Time])
	err := scanItem(row, it)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNone
	}
	return it, err
}

func (h *handPostgres) cheapest(ctx context.Context, table, owner string, price int64, limit int) (any, int, error) {
	return h.many(ctx, limit, h.texts[table].cheapest[limit], owner, price)
}

func (h *handPostgres) byKey(ctx context.Context, table, owner string, limit int) (any, int, error) {
	return h.many(ctx, limit, h.texts[table].byKey[limit], owner)
}

func (h *handPostgres) many(ctx context.Context, limit int, text string, args ...any) (any, int, error) {
	rows, err := h.pool.Query(ctx, text, args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	items := make([]item[time.Time], 0, limit)
	for rows.Next() {
		items = append(items, item[time.Time]{})
		if err := scanItem(rows, &items[len(items)-1]); err != nil {
			return nil, 0, err
		}
	}
	return items, len(items), rows.Err()
}

func (h *handPostgres) insert(ctx context.Context, table, owner string, n *newItem, assumed bool) (any, error) {
	now := stamp()
	it := &item[time.Time]{
		ID: newKey(), CreatedAt: now, UpdatedAt: now, Version: 1, OwnerID: owner, Title: n.Title, Body: n.Body, Price: n.Price,
	}
	args := []any{it.ID, now, now, it.Version, owner, it.Title, it.Body, it.Price}
	if !assumed {
		return it, scanItem(h.pool.QueryRow(ctx, h.texts[table].insert, args...), it)
	}
	_, err := h.pool.Exec(ctx, h.texts[table].insertOnly, args...)
	return it, err
}

func (h *handPostgres) update(ctx context.Context, table, id, owner string, p *itemPatch) (any, error) {
	return h.one(h.pool.QueryRow(ctx, h.texts[table].update, id, owner, p.Title, p.Body, p.Price, stamp()))
}

// treesPostgres are the statements that build the JSON of each tree in the
// database, one level in the other.
var treesPostgres = map[string]string{
	treeSelects[0]: fmt.Sprintf(authorsPostgres, ""),
	treeSelects[1]: fmt.Sprintf(authorsPostgres, fmt.Sprintf(commentsPostgres, "")),
	treeSelects[2]: fmt.Sprintf(authorsPostgres, fmt.Sprintf(commentsPostgres, writersPostgres)),
}

const (
	authorsPostgres = `select coalesce(array_to_json(array_agg(t)), '[]')::text from (
	select a.id, a.name, array(select row_to_json(p) from (
		select p.id, p.title, p.score%s
		from posts p where p.author_id = a.id and p.public and p.score >= $2 order by p.score desc, p.id desc limit 5) p) as posts
	from authors a where a.active and a.id >= $1 order by a.id limit 20) t`
	commentsPostgres = `, array(select row_to_json(c) from (
			select c.id, c.body%s
			from comments c where c.post_id = p.id and not c.hidden order by c.id limit 3) c) as comments`
	writersPostgres = `, (select row_to_json(w) from (
				select w.id, w.name from authors w where w.id = c.writer_id and w.active) w) as writer`
)

func (h *handPostgres) authors(ctx context.Context, tree string, from, score int64) ([]byte, error) {
	text, ok := treesPostgres[tree]
	if !ok {
		return nil, errNone
	}
	var body []byte
	err := h.pool.QueryRow(ctx, text, from, score).Scan(&body)
	return body, err
}
