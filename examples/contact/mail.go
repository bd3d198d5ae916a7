package main

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/api/mail/outbox"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// send enqueues a mail about a message in a transaction. If it commits, the mail is sent, also
// after a crash or while the mail server is down.
func (c *contact) send(ctx context.Context, tx *store.Tx, message store.ID, m mail.Message) error {
	id, err := c.app.Mail().Enqueue(ctx, tx, m)
	if err != nil {
		return err
	}
	row := &Mail{MessageID: message, Recipient: m.To, Kind: m.Template}
	row.ID = id
	return store.For[Mail](tx).Insert(ctx, row)
}

// short returns the beginning of a text, for the subject of a mail.
func short(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}

// delivery is a mail with the job that sends it.
type delivery struct {
	*Mail
	State    string
	Attempts int
	Next     time.Time // of the next attempt
}

// Failed reports whether the mail was given up.
func (d delivery) Failed() bool { return d.State == string(jobs.Dead) }

// Late reports whether the mail waits after a failed attempt.
func (d delivery) Late() bool { return d.State == string(jobs.Waiting) && d.Attempts > 0 }

type deliveriesData struct {
	Deliveries []delivery
	Pager      web.Pager
	Failed     bool // only those that were given up
}

// deliveries lists mails and what became of them.
func (c *contact) deliveries(w http.ResponseWriter, r *http.Request) error {
	data := deliveriesData{Failed: r.URL.Query().Get("state") == "failed"}
	query := store.Query{Order: newestFirst, Limit: store.Limit(20), After: web.After(r), With: []store.Embed{{Relation: "message"}}}
	if data.Failed {
		dead, err := c.app.Jobs().List(r.Context(), jobs.Filter{Kind: outbox.Kind, State: jobs.Dead}, 1000)
		if err != nil {
			return err
		}
		query.Where = store.In("id", ids(dead))
	}
	page, err := store.For[Mail](c.app.DB()).As(store.ScopeFrom(r.Context())).Page(r.Context(), query)
	if err != nil {
		return err
	}
	data.Pager = web.NewPager(r, page.Next)
	if data.Deliveries, err = c.withJobs(r.Context(), page.Items); err != nil {
		return err
	}
	return c.site.Page(w, r, "deliveries", data)
}

func ids(list []jobs.Info) []store.ID {
	ids := make([]store.ID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return ids
}

// forgotten is the age from which a mail without a job may have failed too: the jobs of sent
// mails are removed after a day, those of failed ones after 14.
const forgotten = 14 * 24 * time.Hour

// withJobs adds the states of jobs to mails.
func (c *contact) withJobs(ctx context.Context, mails []*Mail) ([]delivery, error) {
	if len(mails) == 0 {
		return nil, nil
	}
	list := make([]delivery, len(mails))
	filter := jobs.Filter{IDs: make([]store.ID, len(mails))}
	for i, m := range mails {
		list[i], filter.IDs[i] = delivery{Mail: m, State: string(jobs.Done)}, m.ID
		if time.Since(m.CreatedAt) > forgotten {
			list[i].State = ""
		}
	}
	found, err := c.app.Jobs().List(ctx, filter, len(mails))
	if err != nil {
		return nil, err
	}
	for i := range list {
		for _, job := range found {
			if job.ID == list[i].ID {
				list[i].State, list[i].Attempts, list[i].Next = string(job.State), job.Attempts, job.DueAt
			}
		}
	}
	return list, nil
}

// retry sends a mail again that was given up, or waits for its next attempt.
func (c *contact) retry(w http.ResponseWriter, r *http.Request) error {
	id, err := store.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return store.ErrNotFound
	}
	m, err := store.For[Mail](c.app.DB()).As(store.ScopeFrom(r.Context())).Get(r.Context(), id)
	if err != nil {
		return err
	}
	n, err := c.app.Jobs().Retry(r.Context(), jobs.Filter{IDs: []store.ID{m.ID}})
	if err != nil {
		return err
	}
	notice := "The mail to " + m.Recipient + " is sent again."
	if n == 0 {
		notice = "The mail to " + m.Recipient + " was sent in the meantime."
	}
	return c.site.Redirect(w, r, "/deliveries", notice)
}
