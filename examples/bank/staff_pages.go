package main

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// staffAccounts lists all accounts, or those that a search finds.
func (p *pages) staffAccounts(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r.URL.Query())
	query := store.Query{Order: []store.Order{{Column: "holder"}}, Limit: store.Limit(20), After: web.After(r)}
	if q := form.Value("q"); q != "" {
		pattern := web.Containing(q)
		query.Where = store.Or(accountHolder.ILike(pattern), accountNumber.ILike(pattern))
	}
	page, err := scoped[Account](p, r).Page(r.Context(), query)
	if err != nil {
		return err
	}
	return p.Page(w, r, "staff", struct {
		Form     *web.Form
		Accounts []*Account
		Pager    web.Pager
	}{form, page.Items, web.NewPager(r, page.Next)})
}

// auditRow is an event with the name of the customer who caused it.
type auditRow struct {
	*AuditEvent
	Name string
}

// staffAudit lists the audit, the newest event first.
func (p *pages) staffAudit(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r.URL.Query())
	query := store.Query{Order: []store.Order{{Column: "at", Desc: true}}, Limit: store.Limit(25), After: web.After(r)}
	conds := []store.Cond{store.True()}
	if action := form.Value("action"); action != "" {
		conds = append(conds, store.Eq("action", action))
	}
	if q := form.Value("q"); q != "" {
		customers, err := scoped[Customer](p, r).List(r.Context(), store.Query{Where: customerName.ILike(web.Containing(q)), Limit: store.Limit(100)})
		if err != nil {
			return err
		}
		actors := make([]string, len(customers))
		for i, c := range customers {
			actors[i] = c.ID.String()
		}
		conds = append(conds, store.In("actor", actors))
	}
	query.Where = store.And(conds...)
	page, err := scoped[AuditEvent](p, r).Page(r.Context(), query)
	if err != nil {
		return err
	}
	rows, err := p.withNames(r, page.Items)
	if err != nil {
		return err
	}
	actions := []web.Option{{Text: "All"}}
	for _, a := range []string{"Transfer", "Reversal", "Daily limit", "New payee", "Payee removed", "New schedule", "Schedule", "Schedule removed", "New customer"} {
		actions = append(actions, web.Option{Value: a, Text: a})
	}
	return p.Page(w, r, "audit", struct {
		Form    *web.Form
		Actions []web.Option
		Rows    []auditRow
		Pager   web.Pager
	}{form, actions, rows, web.NewPager(r, page.Next)})
}

// withNames adds the names of the customers, whose IDs are in the names of the actors.
func (p *pages) withNames(r *http.Request, events []*AuditEvent) ([]auditRow, error) {
	ids := make([]store.ID, len(events))
	for i, e := range events {
		ids[i], _ = store.ParseID(e.Actor[strings.LastIndexByte(e.Actor, ':')+1:])
	}
	customers, err := scoped[Customer](p, r).List(r.Context(), store.Query{Where: store.In("id", ids)})
	if err != nil {
		return nil, err
	}
	names := map[store.ID]string{}
	for _, c := range customers {
		names[c.ID] = c.Name
	}
	rows := make([]auditRow, len(events))
	for i, e := range events {
		rows[i] = auditRow{e, names[ids[i]]}
		if rows[i].Name == "" {
			rows[i].Name = "The bank"
		}
	}
	return rows, nil
}

// staffReverse books a transfer back, for a reason.
func (p *pages) staffReverse(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	form := web.ReadForm(r)
	form.Require("reason", "The reason")
	if utf8.RuneCountInString(form.Value("reason")) > 100 {
		form.Fail("reason", "The reason must have at most 100 letters.")
	}
	var back *Transfer
	if form.OK() {
		_, err := p.inTx(r.Context(), form, func(ctx context.Context, tx *store.Tx) error {
			var err error
			back, err = reverse(ctx, tx, customerOf(ctx).ID, id, form.Value("reason"))
			return err
		})
		if err != nil {
			return err
		}
	}
	if !form.OK() {
		return p.showReceipt(w, r, http.StatusUnprocessableEntity, form)
	}
	return p.Redirect(w, r, "/transfers/"+back.ID.String(), "The transfer is reversed.")
}
