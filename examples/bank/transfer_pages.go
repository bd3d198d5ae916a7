package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// transferData is the data of the pages of a transfer. The key of the order travels in the form
// from its first page on, so an order that is sent twice is booked once.
type transferData struct {
	Form     *web.Form
	From, To []web.Option
	Order    Order
	Sender   *Account
	Receiver *Account
	StepUp   bool // needs a code
}

// Fields are the fields that the page of the review sends again.
func (transferData) Fields() []string { return []string{"from", "to", "amount", "reference", "key"} }

func (p *pages) enterTransfer(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r.URL.Query())
	form.Values.Set("key", store.NewID().String())
	return p.showTransfer(w, r, http.StatusOK, form)
}

// showTransfer shows the form.
func (p *pages) showTransfer(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	data := transferData{Form: form}
	var err error
	if data.From, data.To, err = p.accountOptions(r, form.Value("to")); err != nil {
		return err
	}
	return p.PageStatus(w, r, status, "transfer", data)
}

// accountOptions returns the accounts of the caller, and those with the payees and the number
// that the form has.
func (p *pages) accountOptions(r *http.Request, number string) (from, to []web.Option, err error) {
	accounts, err := p.own(r)
	if err != nil {
		return nil, nil, err
	}
	payees, err := scoped[Payee](p, r).List(r.Context(), store.Query{Order: []store.Order{{Column: "name"}}, Limit: store.Limit(200)})
	if err != nil {
		return nil, nil, err
	}
	to = []web.Option{{Text: "Choose"}}
	for _, payee := range payees {
		to = append(to, web.Option{Value: payee.Number, Text: payee.Name + ", " + payee.Grouped()})
	}
	for _, a := range accounts {
		text := a.Name + ", " + web.LocaleOf(r).Money(a.Balance, "EUR")
		from = append(from, web.Option{Value: a.ID.String(), Text: text})
		to = append(to, web.Option{Value: a.Number, Text: "My account " + a.Name})
	}
	if !slices.ContainsFunc(to, func(o web.Option) bool { return o.Value == number }) {
		to = append(to, web.Option{Value: number, Text: groups(number)})
	}
	return from, to, nil
}

// errTrial rolls back the transaction of a trial.
var errTrial = errors.New("bank: trial")

// reviewTransfer shows what will be booked. It books the order and rolls back, so the form has
// each reason for which the bank would refuse it.
func (p *pages) reviewTransfer(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	data, err := p.readTransfer(r, form)
	if err != nil {
		return err
	}
	if form.OK() && form.Value("change") == "" {
		_, err := p.inTx(r.Context(), form, func(ctx context.Context, tx *store.Tx) error {
			_, err := book(ctx, tx, data.Order)
			return cmp.Or(err, errTrial)
		})
		if err != nil && !errors.Is(err, errTrial) {
			return err
		}
	}
	switch {
	case form.Value("change") != "":
		form = web.NewForm(form.Values)
		return p.showTransfer(w, r, http.StatusOK, form)
	case !form.OK():
		return p.showTransfer(w, r, http.StatusUnprocessableEntity, form)
	}
	return p.Page(w, r, "review", data)
}

// confirmTransfer books the order and leads to its receipt.
func (p *pages) confirmTransfer(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	data, err := p.readTransfer(r, form)
	if err != nil {
		return err
	}
	if !form.OK() {
		return p.showTransfer(w, r, http.StatusUnprocessableEntity, form)
	}
	ctx := r.Context()
	if data.StepUp {
		if ctx, err = p.stepUp(w, r, form); err != nil {
			return err
		}
	}
	var t *Transfer
	if form.OK() {
		_, err := p.inTx(ctx, form, func(ctx context.Context, tx *store.Tx) error {
			var err error
			t, err = bookForCaller(ctx, tx, data.Order)
			return err
		})
		if err != nil {
			return err
		}
	}
	switch {
	case form.Errors["code"] != "":
		data.StepUp = true // also for an amount that is large together with others
		return p.PageStatus(w, r, http.StatusUnprocessableEntity, "review", data)
	case !form.OK():
		return p.showTransfer(w, r, http.StatusUnprocessableEntity, form)
	}
	return p.Redirect(w, r, "/transfers/"+t.ID.String(), "The money is sent.")
}

// readTransfer reads an order from a form.
func (p *pages) readTransfer(r *http.Request, form *web.Form) (data transferData, err error) {
	form.Require("to", "The payee", "amount", "The amount", "key", "The key")
	data = transferData{Form: form, Order: Order{By: customerOf(r.Context()).ID, Reference: form.Line("reference"), Key: form.Value("key")}}
	if utf8.RuneCountInString(data.Order.Reference) > 140 {
		form.Fail("reference", "The reference must have at most 140 letters.")
	}
	data.Order.Amount = readMoney(r, form, "amount")
	if err := checkAmount(data.Order.Amount); err != nil {
		form.Fail("amount", err.Error())
	}
	data.StepUp = (data.Order.Amount > stepUpAmount || form.Value("code") != "") && auth.FromContext(r.Context()).AAL < 2
	data.Sender, data.Receiver, err = p.readAccounts(r, form)
	if form.OK() && err == nil {
		data.Order.From, data.Order.To = data.Sender.ID, data.Receiver.ID
	}
	return data, err
}

// readAccounts reads the accounts of the fields from, by ID, and to, by number.
func (p *pages) readAccounts(r *http.Request, form *web.Form) (from, to *Account, err error) {
	id, err := store.ParseID(form.Value("from"))
	if err == nil {
		from, err = scoped[Account](p, r).Get(r.Context(), id)
	}
	if err != nil || !from.ownedBy(customerOf(r.Context()).ID) {
		form.Fail("from", errFrom.Text)
	}
	to, err = accountByNumber(r.Context(), p.app.DB(), form.Value("to"))
	if errors.Is(err, errTo) {
		form.Fail("to", errTo.Text)
		err = nil
	}
	return from, to, err
}

func (p *pages) receipt(w http.ResponseWriter, r *http.Request) error {
	return p.showReceipt(w, r, http.StatusOK, web.NewForm(nil))
}

// showReceipt shows a transfer as the caller has it in an account.
func (p *pages) showReceipt(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	entry, err := scoped[Entry](p, r).First(r.Context(), store.Query{
		Where: store.Eq("transfer_id", id), Order: []store.Order{entryAmount.Asc()}, With: []store.Embed{{Relation: "account"}, {Relation: "transfer"}},
	})
	if err != nil {
		return err
	}
	reversed, err := scoped[Transfer](p, r).Count(r.Context(), store.Eq("reverses_id", id))
	if err != nil {
		return err
	}
	return p.PageStatus(w, r, status, "receipt", struct {
		Form     *web.Form
		Entry    *Entry
		Reversed bool
		Own      bool
		Staff    bool
	}{form, entry, reversed > 0, entry.Account.ownedBy(customerOf(r.Context()).ID), auth.FromContext(r.Context()).HasRole(staffRole)})
}
