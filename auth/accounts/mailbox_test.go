package accounts_test

import (
	"context"
	"errors"
	"net/url"
	"sync"
)

// received is a mail that was sent.
type received struct {
	to, template, locale string
	values               map[string]string
}

// link is the address that the reader is led to.
func (m *received) link(w *world) *url.URL {
	w.t.Helper()
	u, err := url.Parse(m.values["link"])
	if err != nil || u.Host == "" {
		w.t.Fatalf("mail %s to %s: link %q: %v", m.template, m.to, m.values["link"], err)
	}
	return u
}

// token is what the link is good by.
func (m *received) token(w *world) string {
	w.t.Helper()
	return m.link(w).Query().Get("token")
}

// mailbox is a Mailer that keeps what it sends. It is safe for concurrent use.
type mailbox struct {
	mu    sync.Mutex
	mails []*received
	tries int
	down  bool // whether nothing can be sent
}

func (b *mailbox) Send(_ context.Context, to, template, locale string, values map[string]string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	if b.down {
		return errors.New("the mail server is down")
	}
	b.mails = append(b.mails, &received{to, template, locale, values})
	return nil
}

// take empties the mailbox.
func (b *mailbox) take() (mails []*received, tries int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	mails, tries = b.mails, b.tries
	b.mails, b.tries = nil, 0
	return mails, tries
}

// setDown says whether the mail server is down.
func (b *mailbox) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

// mails sends what is queued and returns it.
func (w *world) mails() []*received {
	w.t.Helper()
	if err := w.a.SendDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	mails, _ := w.mailbox.take()
	return mails
}

// mail sends what is queued, which has to be one mail of a template to somebody.
func (w *world) mail(template, to string) *received {
	w.t.Helper()
	mails := w.mails()
	if len(mails) != 1 || mails[0].template != template || mails[0].to != to {
		for _, m := range mails {
			w.t.Logf("got %s to %s", m.template, m.to)
		}
		w.t.Fatalf("%d mails, want %s to %s", len(mails), template, to)
	}
	return mails[0]
}
