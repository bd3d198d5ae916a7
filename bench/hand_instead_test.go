package bench_test

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Other ways in which the hand-written side can answer a request. Plinth does not know the
// header.
const (
	insteadHeader = "X-Instead"

	insteadAssume   = "assume"   // an insert is answered with the row that was sent
	insteadDatabase = "database" // the database builds the JSON of a list
	insteadAssemble = "assemble" // the server assembles a tree from plain queries
)

// jsonItems is the list by key as JSON of PostgreSQL, and how many rows it has.
const jsonItems = "select count(*), coalesce(json_agg(row_to_json(t)), '[]')::text from (" + selectByKey + ") t"

func (h *handPostgres) byKeyJSON(ctx context.Context, table, owner string, limit int) (body []byte, count int, err error) {
	err = h.pool.QueryRow(ctx, fmt.Sprintf(jsonItems, table, "", limit), owner).Scan(&count, &body)
	return body, count, err
}

// A tree of three levels as structs.
type (
	handWriter struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	handComment struct {
		ID     int64       `json:"id"`
		Body   string      `json:"body"`
		Writer *handWriter `json:"writer"`
	}
	handPost struct {
		ID       int64          `json:"id"`
		Title    string         `json:"title"`
		Score    int64          `json:"score"`
		Comments []*handComment `json:"comments"`
	}
	handAuthor struct {
		ID    int64       `json:"id"`
		Name  string      `json:"name"`
		Posts []*handPost `json:"posts"`
	}
)

// The statements of a tree, one for each level.
const (
	levelAuthors = "select id, name from authors where active and id >= $1 order by id limit 20"
	levelPosts   = `select p.* from unnest($1::bigint[]) a(id) cross join lateral (
		select author_id, id, title, score from posts
		where author_id = a.id and public and score >= $2 order by score desc, id desc limit 5) p`
	levelComments = `select c.* from unnest($1::bigint[]) p(id) cross join lateral (
		select post_id, id, body, writer_id from comments where post_id = p.id and not hidden order by id limit 3) c`
	levelWriters = "select id, name from authors where id = any($1) and active"
)

// assemble reads the tree of three levels by a statement for each level.
func (h *handPostgres) assemble(ctx context.Context, from, score int64) ([]*handAuthor, error) {
	list := []*handAuthor{}
	authors, posts, waiting := map[int64]*handAuthor{}, map[int64]*handPost{}, map[int64][]*handComment{}
	var ids, postIDs, writerIDs []int64
	level := func(text string, row func(pgx.Rows) error, args ...any) error {
		rows, err := h.pool.Query(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := row(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	err := level(levelAuthors, func(rows pgx.Rows) error {
		a := &handAuthor{Posts: []*handPost{}}
		err := rows.Scan(&a.ID, &a.Name)
		list, authors[a.ID], ids = append(list, a), a, append(ids, a.ID)
		return err
	}, from)
	if err != nil {
		return nil, err
	}
	err = level(levelPosts, func(rows pgx.Rows) error {
		var author int64
		p := &handPost{Comments: []*handComment{}}
		err := rows.Scan(&author, &p.ID, &p.Title, &p.Score)
		authors[author].Posts = append(authors[author].Posts, p)
		posts[p.ID], postIDs = p, append(postIDs, p.ID)
		return err
	}, ids, score)
	if err != nil {
		return nil, err
	}
	err = level(levelComments, func(rows pgx.Rows) error {
		var post, writer int64
		c := &handComment{}
		err := rows.Scan(&post, &c.ID, &c.Body, &writer)
		posts[post].Comments = append(posts[post].Comments, c)
		waiting[writer], writerIDs = append(waiting[writer], c), append(writerIDs, writer)
		return err
	}, postIDs)
	if err != nil {
		return nil, err
	}
	return list, level(levelWriters, func(rows pgx.Rows) error {
		w := &handWriter{}
		err := rows.Scan(&w.ID, &w.Name)
		for _, c := range waiting[w.ID] {
			c.Writer = w
		}
		return err
	}, writerIDs)
}
