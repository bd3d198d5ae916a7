package main

import (
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// overview shows the accounts of the caller, the last entries, and what is due next.
func (p *pages) overview(w http.ResponseWriter, r *http.Request) error {
	accounts, err := p.own(r)
	if err != nil {
		return err
	}
	var ids []store.ID
	total := int64(0)
	for _, a := range accounts {
		ids, total = append(ids, a.ID), total+a.Balance
	}
	entries, err := scoped[Entry](p, r).List(r.Context(), store.Query{
		Where: entryAccount.In(ids...), Order: []store.Order{{Column: "booked_at", Desc: true}}, Limit: store.Limit(8),
	})
	if err != nil {
		return err
	}
	due, err := p.schedules(r, 3)
	if err != nil {
		return err
	}
	return p.Page(w, r, "overview", struct {
		Name     string
		Accounts []*Account
		Total    int64
		Entries  []*Entry
		Due      []*Schedule
	}{customerOf(r.Context()).Name, accounts, total, entries, due.Items})
}

// statementPageSize is the number of entries on a page of a statement.
const statementPageSize = 20

// accountOf returns the account that the URL names, if the caller may see it.
func (p *pages) accountOf(r *http.Request) (*Account, error) {
	id, err := idOf(r)
	if err != nil {
		return nil, err
	}
	return scoped[Account](p, r).Get(r.Context(), id)
}

// statement shows the entries of an account, the newest first.
func (p *pages) statement(w http.ResponseWriter, r *http.Request) error {
	account, err := p.accountOf(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r.URL.Query())
	where := entriesOf(account.ID, form)
	days := form.Value("from") + form.Value("to")
	var page store.Page[Entry]
	status := http.StatusUnprocessableEntity
	if form.OK() {
		status = http.StatusOK
		page, err = scoped[Entry](p, r).Page(r.Context(), store.Query{
			Where: where, Order: []store.Order{entryLine.Desc()}, Limit: store.Limit(statementPageSize), After: web.After(r),
		})
		if err != nil {
			return err
		}
	}
	return p.PageStatus(w, r, status, "statement", struct {
		Account  *Account
		Form     *web.Form
		Entries  []*Entry
		Pager    web.Pager
		Filtered bool
		Days     bool // are searched
		Query    string
	}{account, form, page.Items, web.NewPager(r, page.Next), form.Value("q")+days != "", days != "", r.URL.RawQuery})
}

// entriesOf selects the entries of an account that a search finds. A date that cannot be read
// is an error of the form.
func entriesOf(account store.ID, form *web.Form) store.Cond {
	conds := []store.Cond{entryAccount.Eq(account)}
	if q := form.Value("q"); q != "" {
		pattern := web.Containing(q)
		conds = append(conds, store.Or(entryCounterparty.ILike(pattern), entryReference.ILike(pattern)))
	}
	day := func(name string, cond func(time.Time) store.Cond) {
		text := form.Value(name)
		if text == "" {
			return
		}
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			form.Fail(name, "Write the day as year-month-day, such as 2026-03-09.")
			return
		}
		conds = append(conds, cond(t))
	}
	day("from", entryBookedAt.Gte)
	day("to", func(t time.Time) store.Cond { return entryBookedAt.Lt(t.AddDate(0, 0, 1)) })
	return store.And(conds...)
}

// statementCSV sends the entries that the page of the statement shows, all pages of them.
func (p *pages) statementCSV(w http.ResponseWriter, r *http.Request) error {
	account, err := p.accountOf(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r.URL.Query())
	query := store.Query{Where: entriesOf(account.ID, form), Order: []store.Order{entryLine.Asc()}}
	if !form.OK() { // the page says what is wrong
		return p.Redirect(w, r, "/accounts/"+account.ID.String()+"?"+r.URL.RawQuery, "")
	}
	head := []string{"line", "booked at", "counterparty", "account", "reference", "amount", "balance"}
	return web.SendCSV(w, account.Number+".csv", head, scoped[Entry](p, r).Each(r.Context(), query), func(e *Entry) []string {
		return []string{
			decimal(e.Line, 0), e.BookedAt.UTC().Format(time.RFC3339), web.Cell(e.Counterparty), e.OtherNumber, web.Cell(e.Reference), decimal(e.Amount, 2), decimal(e.Balance, 2),
		}
	})
}
