package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestREST uses the bank as supabase-js does. Customers see what is theirs, staff with a second
// factor sees everything, and no client writes the ledger.
func TestREST(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada, bo := f.customer(t, 5_000_00), f.customer(t, 5_000_00)
		from, to := f.open(t, ada, "Ada", 5_000_00), f.open(t, bo, "Bo", 0)
		f.open(t, nil, "Shop", 0)
		as := func(words string, c *Customer) (client func(method, path, body string) (int, string)) {
			api := f.as(t, c.ID.String()+" "+words)
			return func(method, path, body string) (int, string) {
				r := api.Do(method, "/rest/v1"+path, []byte(body))
				return r.Status, r.Body
			}
		}
		transfer := func(amount int64, key string) string {
			return fmt.Sprintf(`{"from":%q,"to":%q,"amount":%d,"reference":"Rent","key":%q}`, from.ID, strings.ToLower(to.Number), amount, key)
		}
		plan := func(amount int64) string {
			return strings.Replace(transfer(amount, "a"), "{", `{"every":"once","first_on":"2099-01-31",`, 1)
		}
		one, two, boss := as("aal1", ada), as("aal2", ada), as("aal2 staff", f.customer(t, 0))
		half := as("aal1 staff", f.customer(t, 0))
		other, nobody := as("aal2", bo), as("aal2", f.customer(t, 0))
		wrong := fmt.Sprintf(`{"transfer":%q,"reason":"a mistake"}`, store.NewID())
		for i, tt := range []struct {
			client             func(method, path, body string) (int, string)
			method, path, body string
			status             int
			text               string
		}{
			{one, "GET", "/accounts?select=balance", "", 200, `[{"balance":500000}]`},
			{one, "POST", "/rpc/transfer", transfer(10_00, "a"), 200, `"reference":"Rent"`},
			{one, "POST", "/rpc/transfer", transfer(10_00, "a"), 200, `"reference":"Rent"`},
			{one, "POST", "/rpc/transfer", transfer(11_00, "a"), 422, errKey.Text},
			{one, "POST", "/rpc/transfer", strings.Replace(transfer(10_00, "a"), "Rent", "Loan", 1), 422, errKey.Text},
			{one, "POST", "/rpc/schedule_transfer", plan(10_00), 204, ""},
			{one, "POST", "/rpc/schedule_transfer", plan(10_00), 204, ""},
			{one, "POST", "/rpc/schedule_transfer", plan(11_00), 422, errKey.Text},
			{one, "POST", "/rpc/transfer", transfer(1_000_01, "b"), 403, errStepUp.Text},
			{two, "POST", "/rpc/transfer", transfer(1_000_01, "b"), 200, `"amount":100001`},
			{two, "POST", "/rpc/transfer", transfer(4_000_00, "c"), 409, errFunds.Text},
			{two, "POST", "/rpc/transfer", transfer(3_989_99, "d"), 200, ``},
			{two, "POST", "/rpc/transfer", transfer(0, "e"), 400, errAmount.Text},
			{two, "POST", "/rpc/transfer", transfer(1<<62, "e"), 400, errMaxAmount.Text},
			{two, "POST", "/rpc/schedule_transfer", plan(1 << 62), 400, errMaxAmount.Text},
			{two, "POST", "/rpc/transfer", transfer(1, "schedule e"), 400, errKeySpace.Text},
			{two, "POST", "/rpc/transfer", transfer(1, strings.Repeat("x", 81)), 400, "key"},
			{two, "POST", "/rpc/schedule_transfer", strings.Replace(plan(5_000_01), `"a"`, `"f"`, 1), 409, errDailyLimit.Text},
			{two, "POST", "/payees", fmt.Sprintf(`{"owner_id":%q,"name":"x","number":%q}`, ada.ID, strings.Repeat("x", 41)), 400, "number"},
			{two, "POST", "/rpc/schedule_transfer", strings.Replace(plan(1), `"key":"a"`, `"key":"a b"`, 1), 400, errKeySpace.Text},
			{other, "POST", "/rpc/transfer", transfer(1, "e"), 404, errFrom.Text},
			{one, "GET", "/entries?select=amount,counterparty&order=line", "", 200, `[{"amount":500000,"counterparty":"Amsel Bank"},{"amount":-1000,"counterparty":"Bo"},`},
			{other, "GET", "/entries?select=amount&order=line", "", 200, `[{"amount":1000},{"amount":100001},{"amount":398999}]`},
			{other, "GET", "/transfers?select=amount,from:accounts!transfers_from_id_fkey(holder)&order=booked_at", "", 200, `[{"amount":1000,"from":null}`},
			{nobody, "GET", "/transfers", "", 200, `[]`},
			{half, "GET", "/transfers", "", 200, `[]`},
			{boss, "GET", "/accounts?select=holder&order=number&holder=eq.Shop", "", 200, `[{"holder":"Shop"}]`},
			{boss, "PATCH", "/entries?line=eq.1", `{"amount":1}`, 403, ""},
			{two, "PATCH", "/accounts?balance=gt.0", `{"name":"x"}`, 403, ""},
			{two, "POST", "/transfers", `{"amount":1}`, 403, ""},
			{two, "POST", "/rpc/reverse", wrong, 403, ""},
			{half, "POST", "/rpc/reverse", wrong, 403, ""},
			{boss, "POST", "/rpc/reverse", wrong, 404, ""},
			{one, "POST", "/rpc/set_daily_limit", `{"cents":600000}`, 403, errStepUp.Text},
			{one, "POST", "/rpc/set_daily_limit", `{"cents":400000}`, 204, ""},
			{two, "POST", "/rpc/set_daily_limit", `{"cents":600000}`, 204, ""},
			{two, "POST", "/rpc/set_daily_limit", `{"cents":1000001}`, 400, errLimitRange.Text},
			{one, "GET", "/customers?select=name,daily_limit", "", 200, `[{"name":"Ada Brandt","daily_limit":600000}]`},
			{one, "POST", "/rpc/set_daily_limit", `{"cents":0}`, 204, ""},
			{two, "POST", "/rpc/set_daily_limit", `{"cents":-1}`, 400, errLimitRange.Text},
			{one, "POST", "/rpc/set_daily_limit", `{}`, 400, "cents: is required"},
			{one, "GET", "/customers?select=daily_limit", "", 200, `[{"daily_limit":0}]`},
			{one, "GET", "/audit_events", "", 200, `[]`},
		} {
			if status, body := tt.client(tt.method, tt.path, tt.body); status != tt.status || !strings.Contains(body, tt.text) {
				t.Errorf("%d: %s %s %s: %d %s, want %d %s", i, tt.method, tt.path, tt.body, status, body, tt.status, tt.text)
			}
		}
		f.check(t)
	})
}

// TestSchedulesWithoutCode: a caller without a second factor cannot send more by several
// transfers and schedules than by one transfer.
func TestSchedulesWithoutCode(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada, shop := f.customer(t, 9_000_00), f.open(t, nil, "Shop", 0)
		from, savings := f.open(t, ada, "Ada", 9_000_00), f.open(t, ada, "Ada", 0)
		today := time.Now().In(zone).Format(time.DateOnly)
		next := time.Now().In(zone).AddDate(0, 0, 1).Format(time.DateOnly)
		for i, tt := range []struct {
			caller, to string
			amount     int
			first      string // of a schedule, "" for a transfer
			status     int
		}{
			{"aal1", shop.Number, 300_00, "", 200},
			{"aal1", shop.Number, 800_00, today, 403},
			{"aal1", savings.Number, 600_00, today, 204}, // of the same customer
			{"aal1", shop.Number, 400_00, today, 204},
			{"aal1", shop.Number, 400_00, next, 403},
			{"aal1", shop.Number, 300_00, next, 204},
			{"aal1", shop.Number, 400_00, "", 403}, // with what is due today
			{"aal1", shop.Number, 300_00, "", 200},
			{"aal1", shop.Number, 1, "", 403},
			{"aal2", shop.Number, 5_000_00, next, 204},
			{"aal2", shop.Number, 2_000_00, "", 200},
		} {
			client := f.as(t, ada.ID.String()+" "+tt.caller)
			path, schedule := "transfer", ""
			if tt.first != "" {
				path, schedule = "schedule_transfer", fmt.Sprintf(`,"every":"once","first_on":%q`, tt.first)
			}
			body := fmt.Sprintf(`{"from":%q,"to":%q,"amount":%d,"reference":"x","key":"%d"%s}`, from.ID, tt.to, tt.amount, i, schedule)
			if r := client.Post("/rest/v1/rpc/"+path, body); r.Status != tt.status {
				t.Errorf("%d: %s: %d %s, want %d", i, body, r.Status, r.Body, tt.status)
			}
		}
	})
}

// TestAudit finds each change in the audit, with the user who made it.
func TestAudit(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada, shop := f.customer(t, 1_000_00), f.open(t, nil, "Shop", 0)
		from := f.open(t, ada, "Ada", 100_00)
		client := f.as(t, ada.ID.String()+" aal2")
		day := time.Now().In(zone).AddDate(0, 0, 1).Format(time.DateOnly)
		client.Post("/rest/v1/rpc/transfer", fmt.Sprintf(`{"from":%q,"to":%q,"amount":1250,"reference":"Rent","key":"a"}`, from.ID, shop.Number)).Want(200)
		client.Post("/rest/v1/rpc/schedule_transfer", fmt.Sprintf(`{"from":%q,"to":%q,"amount":700,"every":"month","first_on":%q,"key":"a"}`, from.ID, shop.Number, day)).Want(204)
		client.Post("/rest/v1/rpc/set_daily_limit", `{"cents":50000}`).Want(204)
		client.Post("/rest/v1/payees", fmt.Sprintf(`{"name":"Shop","number":%q}`, shop.Number)).Want(201)
		client.Delete("/rest/v1/payees?name=eq.Shop").Want(204)

		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- auditLog(f.app.DB()).Run(ctx, writeEvents) }()
		want := "New schedule: 7.00 EUR to Shop, every month, first on " + day + "; Daily limit: 1000.00 EUR to 500.00 EUR; New payee: Shop, " +
			shop.Number + "; Payee removed: Shop, " + shop.Number + "; "
		var got string
		programtest.Until(t, 20*time.Second, "the audit has all changes", func() bool {
			got = ""
			events, err := store.For[AuditEvent](f.app.DB()).List(t.Context(), store.Query{Order: []store.Order{{Column: "at"}}})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if strings.Contains(e.Actor, ada.ID.String()) {
					got += e.Action + ": " + e.Text + "; "
				}
			}
			return strings.Contains(got, "Payee removed")
		})
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if want = `Transfer: 12.50 EUR from Ada to Shop. Rent; ` + want; got != want {
			t.Errorf("the audit of the customer: %s\nwant %s", got, want)
		}
	})
}
