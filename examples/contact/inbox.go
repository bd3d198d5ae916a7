package main

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// filter is the selection of messages in the query of a URL.
type filter struct {
	State    string // a State, or "all" for every message but spam
	Assignee string // "", "me" or "none"
	Search   string
}

func filterOf(r *http.Request) filter {
	form := web.ReadForm(r)
	return filter{State: cmp.Or(form.Line("state"), Open), Assignee: form.Line("assignee"), Search: form.Line("q")}
}

// condition returns the messages that a caller has selected.
func (f filter) condition(r *http.Request) store.Cond {
	conds := []store.Cond{store.Eq("state", f.State)}
	if f.State == "all" {
		conds = []store.Cond{store.Not(store.Eq("state", Spam))}
	}
	switch f.Assignee {
	case "me":
		conds = append(conds, store.Eq("assignee_id", auth.FromContext(r.Context()).ID))
	case "none":
		conds = append(conds, store.Null("assignee_id"))
	}
	if f.Search != "" {
		part := web.Containing(f.Search)
		conds = append(conds, store.Or(nameColumn.ILike(part), emailColumn.ILike(part), subjectColumn.ILike(part), bodyColumn.ILike(part)))
	}
	return store.And(conds...)
}

var (
	nameColumn    = store.TextColumn(func(m *Message) *string { return &m.Name })
	emailColumn   = store.TextColumn(func(m *Message) *string { return &m.Email })
	subjectColumn = store.TextColumn(func(m *Message) *string { return &m.Subject })
	bodyColumn    = store.TextColumn(func(m *Message) *string { return &m.Body })
	newestFirst   = []store.Order{{Column: "created_at", Desc: true}}
)

type inboxData struct {
	Messages []*Message
	Pager    web.Pager
	Form     *web.Form
	States   []web.Option
	Assigned []web.Option
	Export   string
	Here     string // the query of this page, for the way back to it
	Open     int64
	Filtered bool
}

// inbox lists messages.
func (c *contact) inbox(w http.ResponseWriter, r *http.Request) error {
	f := filterOf(r)
	messages := store.For[Message](c.app.DB()).As(store.ScopeFrom(r.Context()))
	page, err := messages.Page(r.Context(), store.Query{
		Where: f.condition(r), Order: newestFirst, Limit: store.Limit(20), After: web.After(r),
		With: []store.Embed{{Relation: "assignee"}},
	})
	if err != nil {
		return err
	}
	open, err := messages.Count(r.Context(), store.Eq("state", Open))
	if err != nil {
		return err
	}
	query := url.Values{"state": {f.State}, "assignee": {f.Assignee}, "q": {f.Search}}
	return c.site.Page(w, r, "inbox", inboxData{
		Messages: page.Items, Pager: web.NewPager(r, page.Next), Form: web.NewForm(query),
		States:   []web.Option{{Value: Open, Text: "Open"}, {Value: Answered, Text: "Answered"}, {Value: Spam, Text: "Spam"}, {Value: "all", Text: "All but spam"}},
		Assigned: []web.Option{{Value: "", Text: "To anyone"}, {Value: "me", Text: "To me"}, {Value: "none", Text: "To no one"}},
		Export:   "/inbox.csv?" + query.Encode(), Here: r.URL.RawQuery, Open: open, Filtered: f != filter{State: Open},
	})
}

// export streams the selected messages as CSV.
func (c *contact) export(w http.ResponseWriter, r *http.Request) error {
	messages := store.For[Message](c.app.DB()).As(store.ScopeFrom(r.Context()))
	query := store.Query{Where: filterOf(r).condition(r), Order: newestFirst, With: []store.Embed{{Relation: "assignee"}}}
	head := []string{"received", "state", "name", "email", "subject", "message", "assignee"}
	return web.SendCSV(w, "messages.csv", head, messages.Each(r.Context(), query), func(m *Message) []string {
		row := []string{m.CreatedAt.UTC().Format(time.RFC3339), m.State, m.Name, m.Email, m.Subject, m.Body, ""}
		if m.Assignee != nil {
			row[6] = m.Assignee.Name
		}
		for i := range row {
			row[i] = web.Cell(row[i])
		}
		return row
	})
}
