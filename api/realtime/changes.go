package realtime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// maxWait is how long a client may wait for changes, and maxTables of how many tables. A poll
// reads the log once in pollPause.
const (
	maxWait   = 60 * time.Second
	maxTables = 50
	pollPause = 50 * time.Millisecond
)

// changesPage is the answer of [Hub.Changes].
type changesPage struct {
	Changes []Event          `json:"changes"`
	Next    changelog.Cursor `json:"next"`

	// More says that further changes may follow at once.
	More bool `json:"more"`

	// Resync says that changes are lost for the cursor: read the lists again and continue at
	// Next.
	Resync bool `json:"resync,omitempty"`
}

// Changes returns the handler of a GET request for the changes after a cursor, for clients that
// synchronize or poll:
//
//	tables=a,b     the tables, at most 50
//	since=CURSOR   where the last answer ended; without it the answer is the cursor of now
//	wait=SECONDS   for at least one change, at most 60; 0 by default
//
// The answer is {"changes": [...], "next": "...", "more": false} with changes as [Event].
// "resync": true says that changes are lost for the cursor.
func (h *Hub) Changes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, err := h.changes(r)
		writeAnswer(w, r, page, err)
	})
}

// changes waits for a page with changes.
func (h *Hub) changes(r *http.Request) (*changesPage, error) {
	if !pgrst.Reads(r.Method) {
		return nil, &problem.Error{Code: problem.UnknownMethod, Allow: []string{http.MethodGet, http.MethodHead}}
	}
	settings, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &problem.Error{Code: problem.BadQuery, Message: "the query string cannot be parsed"}
	}
	wait, err := strconv.Atoi(settings.Get("wait"))
	if settings.Get("wait") != "" && (err != nil || wait < 0 || wait > int(maxWait/time.Second)) {
		return nil, &problem.Error{Code: problem.BadQuery, Message: "wait: want a number of seconds up to 60"}
	}
	_, scope, err := h.identify(r)
	if err != nil {
		return nil, err
	}
	tables, err := h.tablesOf(scope, settings.Get("tables"))
	if err != nil {
		return nil, err
	}
	if err := h.ready(r.Context()); err != nil {
		return nil, err
	}
	since, end := changelog.Cursor(settings.Get("since")), time.Now().Add(time.Duration(wait)*time.Second)
	for {
		number := h.seen()
		page, err := h.readFor(r.Context(), scope, tables, since)
		if err != nil || since == "" || page.Resync || page.More || len(page.Changes) > 0 || !time.Now().Before(end) {
			return page, err
		}
		since = page.Next
		if !h.await(r.Context(), tables, number, end) {
			return page, nil
		}
		if _, scope, err = h.identify(r); err != nil { // rights may have changed
			return nil, err
		}
		pause(r.Context(), pollPause)
	}
}

// tablesOf finds the tables by the names of their resources.
func (h *Hub) tablesOf(scope *store.Scope, list string) (map[string]*schema.Table, error) {
	names := strings.Split(list, ",")
	if list == "" || len(names) > maxTables {
		return nil, &problem.Error{Code: problem.BadQuery, Message: fmt.Sprintf("tables: want the names of 1 to %d tables, separated by commas", maxTables)}
	}
	tables := map[string]*schema.Table{}
	for _, name := range names {
		t, err := h.table(scope, name)
		if err != nil {
			return nil, err
		}
		tables[t.Name] = t
	}
	return tables, nil
}

// readFor returns a page as a scope sees it.
func (h *Hub) readFor(ctx context.Context, scope *store.Scope, tables map[string]*schema.Table, since changelog.Cursor) (*changesPage, error) {
	opts := &changelog.ReadOptions{Tables: slices.Collect(maps.Keys(tables))}
	out := &changesPage{}
	page, err := changelog.Read(ctx, h.db, since, opts)
	if errors.Is(err, changelog.ErrResync) {
		page, err = changelog.Read(ctx, h.db, "", opts)
		out.Resync = true
	}
	if err != nil {
		return nil, err
	}
	if out.Changes, err = eventsOf(ctx, h.db, page.Changes, tables, changelog.View{Scope: scope}); err != nil {
		return nil, err
	}
	out.Next, out.More = page.Next, page.More
	return out, nil
}
