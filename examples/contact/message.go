package main

import (
	"context"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

type messageData struct {
	Message  *Message
	Mails    []delivery
	Inbox    string    // URL of the page of the inbox from which this one was opened
	From     string    // its query
	Form     *web.Form // of the reply or note that was rejected
	EntryID  store.ID  // of the next reply or note, so that one sent twice is stored once
	Members  []web.Option
	Assignee *web.Form
}

// messageOf returns the message of a page, with what belongs to it.
func (c *contact) messageOf(r *http.Request) (*Message, error) {
	id, err := store.ParseID(chi.URLParam(r, "id"))
	if err != nil {
		return nil, store.ErrNotFound
	}
	oldestFirst := []store.Order{{Column: "created_at"}}
	return store.For[Message](c.app.DB()).As(store.ScopeFrom(r.Context())).First(r.Context(), store.Query{
		Where: store.Eq("id", id),
		With: []store.Embed{
			{Relation: "assignee"},
			{Relation: "mails", Query: store.Query{Order: oldestFirst}},
			{Relation: "entries", Query: store.Query{Order: oldestFirst, With: []store.Embed{{Relation: "author"}}}},
		},
	})
}

func (c *contact) showMessage(w http.ResponseWriter, r *http.Request) error {
	return c.message(w, r, http.StatusOK, web.NewForm(nil))
}

func (c *contact) message(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	m, err := c.messageOf(r)
	if err != nil {
		return err
	}
	members, err := store.For[Member](c.app.DB()).As(store.ScopeFrom(r.Context())).List(r.Context(), store.Query{Order: []store.Order{{Column: "name"}}})
	if err != nil {
		return err
	}
	data := messageData{Message: m, Inbox: "/inbox?" + r.URL.Query().Get("from"), From: r.URL.Query().Get("from"), Form: form, EntryID: store.NewID(), Members: []web.Option{{Value: "", Text: "No one"}}, Assignee: web.NewForm(map[string][]string{})}
	if data.Mails, err = c.withJobs(r.Context(), m.Mails); err != nil {
		return err
	}
	for _, member := range members {
		data.Members = append(data.Members, web.Option{Value: member.ID.String(), Text: member.Name})
	}
	if m.AssigneeID != nil {
		data.Assignee.Values.Set("assignee", m.AssigneeID.String())
	}
	return c.site.PageStatus(w, r, status, "message", data)
}

// reply sends a mail to the sender of a message.
func (c *contact) reply(w http.ResponseWriter, r *http.Request) error { return c.add(w, r, true) }

// note adds a text that only the team sees.
func (c *contact) note(w http.ResponseWriter, r *http.Request) error { return c.add(w, r, false) }

// add stores an entry. A reply answers the message and is mailed, in one transaction.
func (c *contact) add(w http.ResponseWriter, r *http.Request, reply bool) error {
	m, err := c.messageOf(r)
	if err != nil {
		return err
	}
	author, err := store.ParseID(auth.FromContext(r.Context()).ID)
	if err != nil {
		return err
	}
	form, notice := web.ReadForm(r), "The note is saved."
	field := "note"
	if reply {
		field, notice = "reply", "The reply will be sent to "+m.Email+"."
	}
	e := &Entry{MessageID: m.ID, AuthorID: author, Reply: reply, Body: form.Value(field)}
	if e.ID, err = store.ParseID(form.Value("id")); err != nil {
		return &web.StatusError{Status: http.StatusUnprocessableEntity, Text: "The form was not complete."}
	}
	err = c.app.DB().Tx(r.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := store.For[Entry](tx).Insert(ctx, e); err != nil || !reply {
			return err
		}
		if _, err := store.For[Message](tx).Patch(ctx, m.ID, store.SetTo("state", Answered)); err != nil {
			return err
		}
		return c.send(ctx, tx, m.ID, mail.Message{
			To: m.Email, ReplyTo: c.settings.Team, Template: "reply",
			Values: map[string]string{"name": m.Name, "about": short(m.Subject), "text": e.Body, "original": m.Body},
		})
	})
	switch {
	case form.Reject(err, "body", "The "+field):
		rename(form, "body", field)
		return c.message(w, r, http.StatusUnprocessableEntity, form)
	case isTaken(err): // by the same form
	case err != nil:
		return err
	}
	return c.site.Redirect(w, r, "/messages/"+m.ID.String()+"?"+r.URL.RawQuery, notice)
}

// rename moves the error of a column to the field of a form.
func rename(form *web.Form, column, field string) {
	if text, failed := form.Errors[column]; failed {
		delete(form.Errors, column)
		form.Errors[field] = text
		form.Order[slices.Index(form.Order, column)] = field
	}
}

// assign gives a message to a member of the team, or to no one.
func (c *contact) assign(w http.ResponseWriter, r *http.Request) error {
	var member *store.ID
	notice := "The message is assigned to no one."
	if text := web.ReadForm(r).Value("assignee"); text != "" {
		id, err := store.ParseID(text)
		if err != nil {
			return store.ErrNotFound
		}
		row, err := store.For[Member](c.app.DB()).As(store.ScopeFrom(r.Context())).Get(r.Context(), id)
		if err != nil {
			return err
		}
		member, notice = &id, "The message is assigned to "+row.Name+"."
	}
	return c.change(w, r, notice, store.SetTo("assignee_id", member))
}

// setState marks a message, for example as spam.
func (c *contact) setState(w http.ResponseWriter, r *http.Request) error {
	state := web.ReadForm(r).Value("state")
	return c.change(w, r, "The message is marked as "+state+".", store.SetTo("state", state))
}

// change sets columns of a message in the name of the caller.
func (c *contact) change(w http.ResponseWriter, r *http.Request, notice string, sets ...store.Set) error {
	m, err := c.messageOf(r)
	if err != nil {
		return err
	}
	if _, err := store.For[Message](c.app.DB()).As(store.ScopeFrom(r.Context())).Patch(r.Context(), m.ID, sets...); err != nil {
		return err
	}
	return c.site.Redirect(w, r, "/messages/"+m.ID.String()+"?"+r.URL.RawQuery, notice)
}
