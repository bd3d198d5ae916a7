package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

func (p *pages) payees(w http.ResponseWriter, r *http.Request) error {
	return p.showPayees(w, r, http.StatusOK, web.NewForm(nil))
}

// showPayees shows the payees of the caller and the form for another one.
func (p *pages) showPayees(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	page, err := scoped[Payee](p, r).Page(r.Context(), store.Query{Order: []store.Order{{Column: "name"}}, Limit: store.Limit(20), After: web.After(r)})
	if err != nil {
		return err
	}
	return p.PageStatus(w, r, status, "payees", struct {
		Form   *web.Form
		Payees []*Payee
		Pager  web.Pager
	}{form, page.Items, web.NewPager(r, page.Next)})
}

func (p *pages) addPayee(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	form.Require("name", "The name", "number", "The account number")
	payee := &Payee{Name: form.Line("name")}
	if form.OK() {
		_, err := p.inTx(r.Context(), form, func(ctx context.Context, tx *store.Tx) error {
			account, err := accountByNumber(ctx, tx, form.Value("number"))
			if errors.Is(err, errTo) {
				return &Refusal{"number", errTo.Code, errTo.Text}
			}
			if err != nil {
				return err
			}
			payee.Number = account.Number
			return store.For[Payee](tx).As(store.ScopeFrom(ctx)).Insert(ctx, payee)
		})
		if taken, ok := errors.AsType[*store.ConstraintError](err); ok && taken.Kind == store.Unique {
			form.Fail("number", "You have a payee with this number.")
			err = nil
		}
		if err != nil {
			return err
		}
	}
	if !form.OK() {
		return p.showPayees(w, r, http.StatusUnprocessableEntity, form)
	}
	return p.Redirect(w, r, "/payees", payee.Name+" is a payee now.")
}

func (p *pages) removePayee(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := scoped[Payee](p, r).Delete(r.Context(), id); err != nil {
		return err
	}
	return p.Redirect(w, r, "/payees", "The payee is removed.")
}
