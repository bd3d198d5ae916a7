package main

import (
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/internal/testkit/browsertest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// site is a seeded bank that browsers can use.
type site struct {
	*bank
	url, key string // key is that of the first person's second factor
	location string // of the database
}

func newSite(t *testing.T, url string) *site {
	t.Helper()
	b, err := newBank(t.Context(), plinth.Config{DatabaseURL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.app.DB().Close() })
	out := new(strings.Builder)
	if err := b.seed(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	handler, err := b.app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auditLog(b.app.DB()).Drain(t.Context(), writeEvents); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	_, rest, _ := strings.Cut(out.String(), "authenticator key ")
	key, _, _ := strings.Cut(rest, "\n")
	return &site{b, server.URL, key, url}
}

// code returns a code of an authenticator app that was not used yet. Codes are accepted one
// step early.
func code(t *testing.T, key string, step int) string {
	t.Helper()
	c, err := codeOf(key, time.Now().Add(time.Duration(step)*totp.Period))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestInBrowser plays each flow by the keyboard and looks at each page on a phone, on a desktop
// and in the dark. PLINTH_TEST_LONG=1 plays them on PostgreSQL too, as TestPages does.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	chromium := browsertest.Start(t)
	t.Run("sqlite", func(t *testing.T) {
		s := newSite(t, filepath.Join(t.TempDir(), "bank.db"))
		page := chromium.NewPage(t)
		s.customerFlows(t, page, page.Check)
		staff := chromium.NewPage(t)
		s.staffFlows(t, staff, staff.Check)
	})
	t.Run("postgres", func(t *testing.T) {
		programtest.SkipShort(t)
		s := newSite(t, pgtest.URL(t))
		unseen := func(string) {}
		s.customerFlows(t, chromium.NewPage(t), unseen)
		s.staffFlows(t, chromium.NewPage(t), unseen)
	})
}

// customerFlows is what a customer with a second factor does.
func (s *site) customerFlows(t *testing.T, page *browsertest.Page, check func(name string)) {
	t.Helper()
	// Sign in, with a mistake.
	page.Visit(s.url + "/scheduled")
	page.Write("E-mail address", emailOf(people[0]))
	page.Write("Password", "wrong")
	page.Press("Sign in")
	page.See("Please check your input")
	check("sign-in")
	page.Write("Password", seedPassword)
	page.Press("Sign in")
	page.See("Six digits from your authenticator app.")
	check("code")
	page.Press("Continue without a code")
	page.See("Scheduled transfers")
	page.Press("Overview")
	page.See("Hello, Ada Brandt")
	check("overview")

	// The statement: its pages, a search, and a search without a result.
	page.Press("Everyday")
	page.See("There is more.")
	check("statement")
	page.Press("Next page")
	wantURL(t, page, "after=")
	page.Write("Name or reference", "bahn")
	page.Press("Search")
	wantURL(t, page, "q=bahn")
	page.See("Deutsche Bahn")
	page.See("End of the list.")
	page.Write("Name or reference", "nothing like this")
	page.Press("Search")
	page.See("No entry is found")
	check("statement-empty")

	// Payees.
	page.Press("Payees")
	page.See("Add a payee")
	page.Write("Name", "Wohnbau")
	page.Write("Account number", "DE00")
	page.Press("Add payee")
	page.See("There is no account with this number.")
	check("payees")
	page.Write("Account number", strings.ToLower(s.numberOf(t, "Wohnbau Süd eG")))
	page.Press("Add payee")
	page.See("Wohnbau is a payee now.")

	// A transfer in three steps, refused at first.
	page.Press("Transfer")
	page.See("Such as €12.50.")
	page.Press("Continue")
	page.See("The payee is missing.")
	page.Choose("To", "Bo Lindgren, "+s.numberOf(t, "Bo Lindgren"))
	page.Write("Amount in euros", "99.999,50")
	page.Press("Continue")
	page.See("The account has too little money.")
	check("transfer")
	page.Write("Amount in euros", "1.100,50")
	page.Write("Reference", "Shared holiday")
	page.Press("Continue")
	page.See("need six digits from your authenticator app")
	page.Press("Change")
	page.See("The receiver reads it.")
	page.Press("Continue")
	page.See("need six digits from your authenticator app")
	page.Write("Code", "000000")
	page.Press("Send €1,100.50")
	page.See("Please check your input")
	check("review")
	page.Write("Code", code(t, s.key, 0))
	page.Press("Send €1,100.50")
	page.See("The money is sent.")
	check("receipt")
	page.Press("Send again")
	page.See("Such as €12.50.")

	// Scheduled transfers.
	page.Press("Scheduled")
	page.See("Schedule a transfer")
	page.Choose("To", "Bo Lindgren, "+s.numberOf(t, "Bo Lindgren"))
	page.Write("Amount in euros", "ten")
	page.Press("Schedule")
	page.See("Write an amount such as €12.50.")
	check("scheduled")
	page.Write("Amount in euros", "10")
	page.Choose("How often", "Every month")
	page.Press("Schedule")
	page.See("The transfer is scheduled.")
	page.Press("Remove Bo Lindgren")
	page.See("The scheduled transfer is removed.")

	// Limits.
	page.Press("Limits")
	page.See("Change the limit")
	page.Write("Limit for a day in euros", "20,000")
	page.Press("Change limit")
	page.See(errLimitRange.Text)
	check("limits")
	page.Write("Limit for a day in euros", "2500")
	page.Press("Change limit")
	page.See("Your limit is changed.")

	// Security.
	page.Press("Security")
	page.See("This one")
	check("security")
	page.Write("Name", "Tablet")
	page.Press("Continue")
	page.See("Scan the image with the app")
	check("factor")
	page.Press("Sign out")
	page.See("You are signed out.")

	// Sign in with the second factor, which is removed then.
	page.Write("E-mail address", emailOf(people[0]))
	page.Write("Password", seedPassword)
	page.Press("Sign in")
	page.See("Six digits from your authenticator app.")
	page.Write("Code", code(t, s.key, 1))
	page.Press("Confirm")
	page.See("Hello, Ada Brandt")
	page.Press("Security")
	page.See("This one")
	page.Press("Remove Phone")
	page.See("The second factor is removed.")
	page.See("You have no second factor")
	check("security-empty")
}

// staffFlows sets up the second factor of a member of staff, who then looks at everything.
func (s *site) staffFlows(t *testing.T, page *browsertest.Page, check func(name string)) {
	t.Helper()
	page.Visit(s.url + "/sign-in")
	page.Write("E-mail address", emailOf(people[len(people)-1]))
	page.Write("Password", seedPassword)
	page.Press("Sign in")
	page.See("Hello, Dora Stein")
	page.Press("Security")
	page.See("Where you are signed in")
	page.Write("Name", "Phone")
	page.Press("Continue")
	page.See("type the key")
	key, err := page.Run(`document.querySelector("p.mono").innerText`)
	if err != nil {
		t.Fatal(err)
	}
	page.Write("Code", code(t, key, 0))
	page.Press("Confirm")
	page.See("Your second factor is set up.")
	page.Press("Staff")
	page.See("All accounts")
	check("staff")
	page.Write("Name or number", "brandt")
	page.Press("Search")
	wantURL(t, page, "q=brandt")
	page.Press("Ada Brandt")
	page.See("Who and what for")
	page.Write("Name or reference", "holiday")
	page.Press("Search")
	wantURL(t, page, "q=holiday")
	page.Press("Bo Lindgren")
	page.See("Money sent")
	check("receipt-staff")
	page.Press("Reverse this transfer")
	page.See("The reason is missing.")
	page.Write("Reason of a reversal", "Sent twice")
	page.Press("Reverse this transfer")
	page.See("The transfer is reversed.")
	if _, err := auditLog(s.app.DB()).Drain(t.Context(), writeEvents); err != nil {
		t.Fatal(err)
	}
	page.Press("Audit")
	page.See("Changes, the newest first")
	page.See("Reversal")
	page.See("10.00 EUR to Bo Lindgren, every month, first on")
	page.Write("Who", "dora")
	page.Press("Show")
	wantURL(t, page, "q=dora")
	page.See("Reversal")
	page.Write("Who", "bo lind") // has changed nothing
	page.Press("Show")
	page.See("Nothing is found")
	page.Visit(s.url + "/staff/audit")
	page.See("Dora Stein")
	check("audit")
	page.Visit(s.url + "/accounts/" + store.NewID().String())
	page.See("It does not exist, or you may not see it.")
	check("error")
}

// wantURL waits until the page has a part in its URL, and is loaded.
func wantURL(t *testing.T, page *browsertest.Page, part string) {
	t.Helper()
	programtest.Until(t, 20*time.Second, "the page has "+part, func() bool {
		at, err := page.Run(`document.readyState === "complete" ? location.search : ""`)
		return err == nil && strings.Contains(at, part)
	})
}

// numberOf returns the number of the first account of a holder.
func (s *site) numberOf(t *testing.T, holder string) string {
	t.Helper()
	return s.accountOf(t, holder).Grouped()
}
