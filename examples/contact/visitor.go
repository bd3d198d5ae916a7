package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth/captcha"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/middleware"
	"github.com/seed-7694ebf6/plinth/store"
)

// An IP address may send this many messages at once. They come back one by one.
const (
	messagesAtOnce = 5
	messageEvery   = 2 * time.Minute
)

type formData struct {
	Form   *web.Form
	Widget captcha.Widget // empty without a captcha
}

// showForm shows the form with a token of its own: the key under which it is stored once, and
// later the secret of the status page.
func (c *contact) showForm(w http.ResponseWriter, r *http.Request) error {
	return c.form(w, r, http.StatusOK, web.NewForm(url.Values{"token": {rand.Text()}}))
}

func (c *contact) form(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	data := formData{Form: form}
	if c.settings.Captcha != nil {
		data.Widget = c.settings.Captcha.Widget()
	}
	return c.site.PageStatus(w, r, status, "form", data)
}

// submit stores a message. A form that is sent again, because the answer was lost, leads to
// the same page and stores nothing.
func (c *contact) submit(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	token := form.Value("token")
	if len(token) != len(rand.Text()) {
		form.Values.Set("token", rand.Text())
		form.Fail("form", "This form was out of date. Please send it again.")
		return c.form(w, r, http.StatusUnprocessableEntity, form)
	}
	m := &Message{
		Name: form.Line("name"), Email: form.Line("email"), Subject: form.Line("subject"), Body: form.Value("body"),
		State: Open, TokenHash: hash(token),
	}
	if form.Value("website") != "" { // hidden from people
		m.State = Spam
	}
	switch before, err := c.byToken(r.Context(), token); {
	case err == nil && before.Body == m.Body && before.Subject == m.Subject:
		return c.site.Redirect(w, r, "/thanks?token="+token, "")
	case err == nil:
		form.Values.Set("token", rand.Text())
		form.Fail("form", "You have sent a message with this form already. Send it again if this is another one.")
		return c.form(w, r, http.StatusConflict, form)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if status := c.judge(r, form); status != http.StatusOK {
		return c.form(w, r, status, form)
	}
	switch err := c.save(r.Context(), m, middleware.ByAddress(r)); {
	case errors.As(err, new(tooMany)):
		form.Fail("form", err.Error())
		return c.form(w, r, http.StatusTooManyRequests, form)
	case form.Reject(err, "name", "Your name", "email", "The e-mail address", "subject", "The subject", "body", "The message"):
		return c.form(w, r, http.StatusUnprocessableEntity, form)
	case isTaken(err): // by the same form, at the same time
	case err != nil:
		return err
	}
	return c.site.Redirect(w, r, "/thanks?token="+token, "")
}

// save writes a message with its mail to the team, in one transaction. Only valid messages
// count towards the limit of their sender.
func (c *contact) save(ctx context.Context, m *Message, sender string) error {
	return c.app.DB().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := store.For[Message](tx).Insert(ctx, m); err != nil {
			return err
		}
		if _, wait, err := c.limiter.Take(ctx, sender, messageEvery, messagesAtOnce); err != nil || wait > 0 {
			return errors.Join(err, tooMany(wait))
		}
		if m.State == Spam {
			return nil
		}
		return c.send(ctx, tx, m.ID, mail.Message{
			To: c.settings.Team, ReplyTo: m.Email, Template: "message", Values: map[string]string{
				"name": m.Name, "from": m.Email, "about": short(m.Subject), "text": m.Body, "link": c.app.SiteURL() + "/messages/" + m.ID.String(),
			},
		})
	})
}

// tooMany is the time until a sender may send the next message.
type tooMany time.Duration

// Error returns what the sender reads.
func (t tooMany) Error() string {
	wait := "a minute"
	if minutes := math.Ceil(time.Duration(t).Minutes()); minutes > 1 {
		wait = fmt.Sprintf("%.0f minutes", minutes)
	}
	return "You have sent several messages. Please wait " + wait + " before the next one."
}

// judge returns the status for a form of a program, and adds the reason to the form.
func (c *contact) judge(r *http.Request, form *web.Form) int {
	if c.settings.Captcha == nil {
		return http.StatusOK
	}
	token := form.Value(c.settings.Captcha.Widget().Field)
	switch err := c.settings.Captcha.Verify(r.Context(), token, middleware.ClientAddressOf(r)); {
	case errors.Is(err, captcha.ErrRejected):
		form.Fail("form", "Please confirm that you are a person.")
		return http.StatusUnprocessableEntity
	case err != nil:
		form.Fail("form", "The check that you are a person does not work at the moment. Please try again.")
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// thanks confirms a message and shows the link of its status.
func (c *contact) thanks(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	m, err := c.byToken(r.Context(), token)
	if err != nil {
		return err
	}
	return c.site.Page(w, r, "thanks", map[string]any{"Message": m, "Link": c.app.SiteURL() + "/status?token=" + token})
}

// status shows a message and the replies to its sender, without the notes of the team.
func (c *contact) status(w http.ResponseWriter, r *http.Request) error {
	m, err := c.byToken(r.Context(), r.URL.Query().Get("token"))
	if err != nil {
		return err
	}
	return c.site.Page(w, r, "status", m)
}

// byToken returns the message of a link. The token is the right to see it, so it is in the
// query, which the access log leaves out.
func (c *contact) byToken(ctx context.Context, token string) (*Message, error) {
	replies := store.Query{Where: store.Eq("reply", true), Order: []store.Order{{Column: "created_at"}}}
	return store.For[Message](c.app.DB()).First(ctx, store.Query{
		Where: store.Eq("token_hash", hash(token)),
		With:  []store.Embed{{Relation: "entries", Query: replies}},
	})
}

// hash returns what the table keeps of a token.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// isTaken reports whether a row violates a unique constraint.
func isTaken(err error) bool {
	e, ok := errors.AsType[*store.ConstraintError](err)
	return ok && e.Kind == store.Unique
}
