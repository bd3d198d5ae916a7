package realtime

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// The limits of a page of history: the changes that it has, and those that are judged for it.
const (
	historyLimit = 50
	maxHistory   = 100
	maxJudged    = 200
)

// HistoryGates are the callers that see more of a history than the rows. The zero gates admit
// no caller.
type HistoryGates struct {
	// Actors see who made each change.
	Actors api.Gate

	// Origins see the id of the request and the IP address that it came from.
	Origins api.Gate
}

// Revision is a change in the history of a row, as a caller sees it.
type Revision struct {
	// ID identifies the change, see changelog.Change.
	ID string `json:"id"`

	// At is the time of the write, and Op what happened for the caller: an insert is also an
	// update by which the row became readable, a delete also one by which it ceased to be.
	At time.Time     `json:"at"`
	Op query.WriteOp `json:"op"`

	// Row is the row after an insert or update, and Old what an update has changed, before
	// it. Both have the columns that the caller may read.
	Row json.RawMessage            `json:"row,omitempty"`
	Old map[string]json.RawMessage `json:"old,omitempty"`

	// Actor made the change. RequestID and Address say where from.
	Actor     string `json:"actor,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Address   string `json:"address,omitempty"`
}

// historyPage is the answer of [Hub.History].
type historyPage struct {
	Changes []Revision       `json:"changes"`
	Next    changelog.Cursor `json:"next,omitempty"`
}

// History returns the handler of GET {prefix}{resource}/{id}, the changes of a row of a model
// with store.History, the newest first:
//
//	limit=N         changes of a page, 50 by default and at most 100
//	before=CURSOR   the next of the page before
//
// The answer is {"changes": [...], "next": "..."} with changes as [Revision], without next at the
// end. A page may have fewer changes than the limit, or none.
//
// Each change is judged as [changelog.Change.SeenBy] does: its rows by the rules of now, so that
// a caller sees no state of the row that its read rule hides. The row must be readable. Of a
// deleted row its last state must have been.
func (h *Hub) History(prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, err := h.history(r, strings.TrimPrefix(r.URL.EscapedPath(), prefix))
		writeAnswer(w, r, page, err)
	})
}

// rowHistory is a request for the history of a row.
type rowHistory struct {
	table  *schema.Table
	scope  *store.Scope
	id     query.Cond
	key    json.RawMessage
	before changelog.Cursor
	limit  int

	actors, origins bool // are shown
}

func (h *Hub) history(r *http.Request, path string) (*historyPage, error) {
	if !pgrst.Reads(r.Method) {
		return nil, &problem.Error{Code: problem.UnknownMethod, Allow: []string{http.MethodGet, http.MethodHead}}
	}
	p, scope, err := h.identify(r)
	if err != nil {
		return nil, err
	}
	q := &rowHistory{scope: scope, actors: h.config.History.Actors.Admits(&p), origins: h.config.History.Origins.Admits(&p)}
	if err := q.parsePath(h, path); err != nil {
		return nil, err
	}
	if err := q.parseQuery(r.URL.RawQuery); err != nil {
		return nil, err
	}
	var page *historyPage
	ctx := store.WithScope(auth.WithPrincipal(r.Context(), p), scope)
	opts := store.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	err = h.db.TxWith(ctx, opts, func(ctx context.Context, tx *store.Tx) error {
		page, err = q.read(ctx, tx)
		return err
	})
	return page, err
}

// parsePath finds the table and the key of the row.
func (q *rowHistory) parsePath(h *Hub, path string) error {
	name, text, _ := strings.Cut(path, "/")
	id, err := url.PathUnescape(text)
	if err != nil || id == "" || strings.ContainsRune(id, 0) {
		return &problem.Error{Code: problem.UnknownPath}
	}
	if q.table, err = h.table(q.scope, name); err != nil {
		return err
	}
	if !q.table.History || len(q.table.PrimaryKey) != 1 {
		return &problem.Error{Code: problem.UnknownPath, Message: "the rows of " + q.table.Name + " have no history", Hint: "A model has one if it embeds store.History and its key is one column."}
	}
	if !q.scope.GuardOf(q.table).Readable.Has(q.table.PrimaryKey[0]) {
		return store.ErrNotFound // a lookup would reveal which keys exist
	}
	if q.id, err = query.KeyCond(q.table, id); err != nil {
		return err
	}
	q.key, err = changelog.KeyOf(q.table, id)
	return err
}

func (q *rowHistory) parseQuery(raw string) (err error) {
	settings, err := url.ParseQuery(raw)
	if err != nil {
		return &problem.Error{Code: problem.BadQuery, Message: "the query string cannot be parsed"}
	}
	q.before, q.limit = changelog.Cursor(settings.Get("before")), historyLimit
	if text := settings.Get("limit"); text != "" {
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 || q.limit > maxHistory {
			return &problem.Error{Code: problem.BadQuery, Message: "limit: want a number from 1 to " + strconv.Itoa(maxHistory)}
		}
	}
	return nil
}

// read returns a page.
func (q *rowHistory) read(ctx context.Context, tx *store.Tx) (*historyPage, error) {
	if err := q.admit(ctx, tx); err != nil {
		return nil, err
	}
	page := &historyPage{Changes: []Revision{}, Next: q.before}
	for judged := 0; ; {
		part, err := changelog.History(ctx, tx, q.table, q.key, page.Next, q.limit-len(page.Changes))
		if err != nil {
			return nil, err
		}
		page.Next = part.Next
		all, err := seeAll(ctx, tx, part.Changes, changelog.View{Scope: q.scope})
		if err != nil {
			return nil, err
		}
		for i, seen := range all {
			if seen.Op != "" {
				page.Changes = append(page.Changes, q.revision(part.Changes[i], seen))
			}
		}
		if judged += len(part.Changes); page.Next == "" || len(page.Changes) >= q.limit || judged >= maxJudged {
			return page, nil
		}
	}
}

// admit returns [store.ErrNotFound] for a row that the caller may not read. Of a deleted row the
// newest change is the delete, which a caller sees that could read the row.
func (q *rowHistory) admit(ctx context.Context, tx *store.Tx) error {
	var rows query.Rows
	defer rows.Free()
	one := &query.Query{Select: []query.Selected{{Column: q.table.PrimaryKey[0].Name}}, Where: q.id}
	if err := access.New(tx, q.table, q.scope).Read(ctx, one, query.ReadOptions{MaxRows: 1}, &rows); err != nil || rows.Count > 0 {
		return err
	}
	last, err := changelog.History(ctx, tx, q.table, q.key, "", 1)
	if err != nil {
		return err
	}
	for _, c := range last.Changes {
		if seen, err := c.SeenBy(ctx, tx, q.scope); err != nil || c.Op == store.OpDelete && seen.Op == store.OpDelete {
			return err
		}
	}
	return store.ErrNotFound
}

// revision returns a change as the caller sees it.
func (q *rowHistory) revision(c changelog.Change, seen changelog.Seen) Revision {
	r := Revision{ID: c.ID, At: c.At, Op: seen.Op, Row: seen.New, Old: changed(seen.Old, seen.New)}
	if q.actors {
		r.Actor = c.Actor
	}
	if q.origins {
		r.RequestID, r.Address = c.RequestID, c.Address
	}
	return r
}

// changed returns the members of an old row that differ from those of the new one.
func changed(old, is json.RawMessage) map[string]json.RawMessage {
	var before, after map[string]json.RawMessage
	if old == nil || json.Unmarshal(old, &before) != nil || json.Unmarshal(is, &after) != nil {
		return nil
	}
	for name, value := range before {
		if bytes.Equal(value, after[name]) {
			delete(before, name)
		}
	}
	return before
}
