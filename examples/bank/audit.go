package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// audited are the tables whose changes staff can read.
var audited = []string{"transfers", "customers", "payees", "schedules"}

// auditLog reads the change log for the audit. The log has every write with its actor, so no
// code that writes can forget the audit.
func auditLog(db *store.DB) *changelog.Reader {
	return changelog.Open(db, "audit", &changelog.Options{Tables: audited, Start: changelog.FromStart})
}

// writeEvents writes an event for each change, in the transaction that moves the reader on.
func writeEvents(ctx context.Context, tx *store.Tx, batch []changelog.Change) error {
	for _, c := range batch {
		e := &AuditEvent{ID: store.NewID(), At: c.At, Actor: c.Actor}
		var err error
		if e.Action, e.Text, err = describe(ctx, tx, c); err != nil {
			return err
		}
		e.Text = strings.TrimSuffix(e.Text, ". ") // without a reference
		if err := store.For[AuditEvent](tx).Insert(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// describe returns what was done, and in one line with what.
func describe(ctx context.Context, tx *store.Tx, c changelog.Change) (action, text string, err error) {
	switch c.Table {
	case "transfers":
		_, t, err := changelog.Rows[Transfer](tx, c)
		if err != nil {
			return "", "", err
		}
		from, err := store.For[Account](tx).Get(ctx, t.FromID)
		if err != nil {
			return "", "", err
		}
		to, err := store.For[Account](tx).Get(ctx, t.ToID)
		if err != nil {
			return "", "", err
		}
		if action = "Transfer"; t.ReversesID != nil {
			action = "Reversal"
		}
		return action, fmt.Sprintf("%s from %s to %s. %s", cents(t.Amount), from.Holder, to.Holder, t.Reference), nil
	case "customers":
		was, is, err := changelog.Rows[Customer](tx, c)
		switch {
		case err != nil:
			return "", "", err
		case was == nil:
			return "New customer", is.Name, nil
		}
		return "Daily limit", fmt.Sprintf("%s to %s", cents(was.DailyLimit), cents(is.DailyLimit)), nil
	case "payees":
		was, is, err := changelog.Rows[Payee](tx, c)
		switch {
		case err != nil:
			return "", "", err
		case was == nil:
			return "New payee", is.Name + ", " + is.Number, nil
		}
		return "Payee removed", was.Name + ", " + was.Number, nil
	}
	was, is, err := changelog.Rows[Schedule](tx, c)
	if err != nil {
		return "", "", err
	}
	s := cmp.Or(is, was)
	to, err := store.For[Account](tx).Get(ctx, s.ToID)
	if err != nil {
		return "", "", err
	}
	text = fmt.Sprintf("%s to %s, %s", cents(s.Amount), to.Holder, everyText[s.Every])
	switch {
	case was == nil:
		return "New schedule", fmt.Sprintf("%s, first on %s. %s", text, s.FirstOn, s.Reference), nil
	case is == nil:
		return "Schedule removed", fmt.Sprintf("%s. %s", text, s.Reference), nil
	}
	return "Schedule", fmt.Sprintf("%s, was due on %s. %s", text, was.NextOn, s.Reference), nil
}

// cents writes an amount as the log does, in the same way for all readers.
func cents(n int64) string { return decimal(n, 2) + " EUR" }
