package main

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// schedules returns the open schedules of the caller, the next first, with the accounts to
// which they send, which are not the caller's to read otherwise.
func (p *pages) schedules(r *http.Request, limit int) (store.Page[Schedule], error) {
	return store.For[Schedule](p.app.DB()).Page(r.Context(), store.Query{
		Where: store.And(store.Eq("owner_id", customerOf(r.Context()).ID), store.Or(scheduleDone.Eq(false), store.Not(store.Eq("problem", "")))),
		Order: []store.Order{scheduleNextOn.Asc()}, Limit: store.Limit(limit), After: web.After(r), With: []store.Embed{{Relation: "to"}, {Relation: "from"}},
	})
}

func (p *pages) scheduled(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r.URL.Query())
	form.Values.Set("key", store.NewID().String())
	if form.Value("first_on") == "" {
		form.Values.Set("first_on", time.Now().In(zone).AddDate(0, 0, 1).Format(time.DateOnly))
	}
	return p.showScheduled(w, r, http.StatusOK, form)
}

// intervals are the options of the field every.
var intervals = []web.Option{{Value: "once", Text: "Once"}, {Value: "week", Text: "Every week"}, {Value: "month", Text: "Every month"}}

// everyText are the same for texts.
var everyText = map[string]string{"once": "once", "week": "every week", "month": "every month"}

func (p *pages) showScheduled(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	page, err := p.schedules(r, 20)
	if err != nil {
		return err
	}
	from, to, err := p.accountOptions(r, form.Value("to"))
	if err != nil {
		return err
	}
	return p.PageStatus(w, r, status, "scheduled", struct {
		Form            *web.Form
		Schedules       []*Schedule
		From, To, Every []web.Option
		StepUp          int64
		Asks            bool
		Names           map[string]string
		Pager           web.Pager
	}{form, page.Items, from, to, intervals, stepUpAmount, form.Errors["code"] != "", everyText, web.NewPager(r, page.Next)})
}

func (p *pages) addSchedule(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	data, err := p.readTransfer(r, form)
	if err != nil {
		return err
	}
	first, err := store.ParseDate(form.Value("first_on"))
	if err != nil {
		form.Fail("first_on", "Write the day as year-month-day, such as 2026-03-09.")
	}
	ctx := r.Context()
	if form.OK() && data.StepUp {
		if ctx, err = p.stepUp(w, r, form); err != nil {
			return err
		}
	}
	if form.OK() {
		_, err := p.inTx(ctx, form, func(ctx context.Context, tx *store.Tx) error {
			o := data.Order
			return schedule(ctx, tx, &Schedule{Key: o.Key, FromID: o.From, ToID: o.To, Amount: o.Amount, Reference: o.Reference, Every: form.Value("every"), FirstOn: first})
		})
		if err != nil {
			return err
		}
	}
	if !form.OK() {
		return p.showScheduled(w, r, http.StatusUnprocessableEntity, form)
	}
	return p.Redirect(w, r, "/scheduled", "The transfer is scheduled.")
}

func (p *pages) removeSchedule(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	if err := scoped[Schedule](p, r).Delete(r.Context(), id); err != nil {
		return err
	}
	return p.Redirect(w, r, "/scheduled", "The scheduled transfer is removed.")
}
