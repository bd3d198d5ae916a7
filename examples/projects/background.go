package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// overdue selects the tasks that should be done by now.
func overdue(now time.Time) store.Cond {
	return store.And(store.Compare("due_on", query.OpLt, store.DateOf(now)), store.Compare("state", query.OpNeq, "done"))
}

// remind mails to each user the overdue tasks that are theirs, a transaction for each.
func (f *functions) remind(ctx context.Context, due time.Time) error {
	users := map[store.ID]bool{}
	assigned := store.And(overdue(due), store.Not(store.Null("assignee_id")))
	for task, err := range store.For[Task](f.app.DB()).Each(ctx, store.Query{Select: []string{"id", "assignee_id"}, Where: assigned}) {
		if err != nil {
			return err
		}
		users[*task.AssigneeID] = true
	}
	var errs []error
	for id := range users {
		errs = append(errs, f.app.DB().Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return f.remindUser(ctx, tx, id, due) }))
	}
	return errors.Join(errs...)
}

// remindUser mails the overdue tasks of organisations in which the user still is a member.
func (f *functions) remindUser(ctx context.Context, tx *store.Tx, id store.ID, due time.Time) error {
	member := store.Related("project", store.Related("organisation", store.Related("members", store.Eq("user_id", id))))
	tasks, err := store.For[Task](tx).List(ctx, store.Query{
		Where: store.And(overdue(due), store.Eq("assignee_id", id), member), Order: []store.Order{{Column: "due_on"}}, Limit: store.Limit(50),
	})
	if err != nil || len(tasks) == 0 {
		return err
	}
	user, err := f.app.Accounts().In(tx).User(ctx, id)
	switch {
	case errors.Is(err, accounts.ErrUserNotFound), err == nil && user.Email == "":
		return nil
	case err != nil:
		return err
	}
	var titles []string
	for _, task := range tasks {
		printable := strings.FieldsFunc(task.Title, func(r rune) bool { return !unicode.IsPrint(r) })
		titles = append(titles, fmt.Sprintf("%s  %s", task.DueOn, strings.Join(printable, " ")))
	}
	_, err = f.app.Mail().Enqueue(ctx, tx, mail.Message{To: user.Email, Template: "reminder", Values: map[string]string{
		"count": fmt.Sprint(len(titles)), "tasks": strings.Join(titles, "\n"),
	}})
	return err
}

// audit copies the changes of projects and tasks to the events of their organisation, each
// once: the events and the position of the reader commit together.
func (f *functions) audit(ctx context.Context) error {
	reader := changelog.Open(f.app.DB(), "audit", &changelog.Options{Tables: []string{"projects", "tasks"}, Start: changelog.FromStart})
	return reader.Run(ctx, func(ctx context.Context, tx *store.Tx, batch []changelog.Change) error {
		for _, c := range batch {
			event := &AuditEvent{Change: c.ID, At: c.At, Actor: c.Actor, What: string(c.Op) + " " + c.Table}
			err := subject(ctx, tx, c, event)
			if err == nil {
				err = store.For[AuditEvent](tx).Insert(ctx, event)
			}
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

// subject sets the organisation and the title of an event. Without the organisation, or the
// project of a task, the error is store.ErrNotFound.
func subject(ctx context.Context, tx *store.Tx, c changelog.Change, event *AuditEvent) error {
	if c.Table == "projects" {
		was, is, err := changelog.Rows[Project](tx, c)
		if err == nil {
			p := cmp.Or(is, was)
			event.OrganisationID, event.Title = p.OrganisationID, p.Name
			_, err = store.For[Organisation](tx).Get(ctx, p.OrganisationID)
		}
		return err
	}
	was, is, err := changelog.Rows[Task](tx, c)
	if err != nil {
		return err
	}
	task := cmp.Or(is, was)
	project, err := store.For[Project](tx).Get(ctx, task.ProjectID)
	if err == nil {
		event.OrganisationID, event.Title = project.OrganisationID, task.Title
	}
	return err
}
