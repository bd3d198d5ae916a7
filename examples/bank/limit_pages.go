package main

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

func (p *pages) limits(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(map[string][]string{"limit": {web.LocaleOf(r).Money(customerOf(r.Context()).DailyLimit, "EUR")}})
	return p.showLimits(w, r, http.StatusOK, form)
}

func (p *pages) showLimits(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	customer := customerOf(r.Context())
	spent, err := spentToday(r.Context(), p.app.DB(), customer.ID)
	if err != nil {
		return err
	}
	return p.PageStatus(w, r, status, "limits", struct {
		Form                             *web.Form
		Limit, Spent, Left, Most, StepUp int64
		Asks                             bool
	}{form, customer.DailyLimit, spent, max(customer.DailyLimit-spent, 0), maxDailyLimit, stepUpAmount, form.Errors["code"] != ""})
}

// setLimit changes the limit of the caller, who needs a code for a higher one.
func (p *pages) setLimit(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	form.Require("limit", "The limit")
	limit := readMoney(r, form, "limit")
	ctx := r.Context()
	customer := customerOf(ctx)
	if form.OK() && limit > customer.DailyLimit && auth.FromContext(ctx).AAL < 2 {
		var err error
		if ctx, err = p.stepUp(w, r, form); err != nil {
			return err
		}
	}
	if form.OK() {
		_, err := p.inTx(ctx, form, func(ctx context.Context, tx *store.Tx) error { return setDailyLimit(ctx, tx, customer.ID, limit) })
		if err != nil {
			return err
		}
	}
	if !form.OK() {
		return p.showLimits(w, r, http.StatusUnprocessableEntity, form)
	}
	return p.Redirect(w, r, "/limits", "Your limit is changed.")
}
