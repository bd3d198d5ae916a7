package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/browsertest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestInBrowser plays each flow by the keyboard and checks every page that it meets: its
// layout, its colors, its accessibility and its Content-Security-Policy.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	app := start(t, filepath.Join(t.TempDir(), "contact.db"), 200)
	browser := browsertest.Start(t)
	t.Run("visitor", func(t *testing.T) { visitorFlow(t, app, browser.NewPage(t)) })
	t.Run("team", func(t *testing.T) { teamFlow(t, app, browser.NewPage(t)) })
	t.Run("deliveries", func(t *testing.T) { deliveriesFlow(t, app, browser.NewPage(t)) })
	t.Run("empty", func(t *testing.T) {
		empty := start(t, filepath.Join(t.TempDir(), "empty.db"), 0)
		emptyFlow(t, empty, browser.NewPage(t))
	})
}

// visitorFlow sends a form, first with mistakes, and follows the message.
func visitorFlow(t *testing.T, app *running, page *browsertest.Page) {
	t.Helper()
	page.Visit(app.url)
	page.Check("form")
	page.Write("Your name", "\u0644\u064a\u0644\u0649")
	if got, err := page.Run(`getComputedStyle(document.querySelector("#name")).direction`); err != nil || got != "rtl" {
		t.Errorf("an Arabic name is written %s, %v", got, err)
	}
	page.Write("Your name", "Alice Thornton")
	page.Write("E-mail address", "alice at mail")
	page.Press("Send message")
	page.See("Please check your input")
	page.Check("form-errors")
	page.Write("E-mail address", "alice@mail.example")
	page.Write("Subject", "Bell for the Harbour")
	page.Write("Message", "Which bell fits the handlebar of the Harbour?\n\nThanks, Alice")
	page.Press("Send message")
	page.See("Thank you, Alice Thornton")
	page.Check("thanks")
	link, err := page.Run(`document.querySelector("a.mono").href`)
	if err != nil {
		t.Fatal(err)
	}
	page.Press(link)
	page.See("No answer yet")
	page.Check("status")
	page.Visit(app.url + "/status?token=wrong")
	page.See("Not Found")
	page.Check("not-found")
}

// teamFlow signs in, finds the message and answers it.
func teamFlow(t *testing.T, app *running, page *browsertest.Page) {
	t.Helper()
	page.Visit(app.url + "/inbox")
	page.See("Team sign-in")
	page.Write("E-mail address", team[0].Email)
	page.Write("Password", "wrong")
	page.Press("Sign in")
	page.See("Invalid login credentials")
	page.Check("sign-in")
	page.Write("Password", password)
	page.Press("Sign in")
	page.See("Bell for the Harbour")
	page.Check("inbox")
	page.Write("Search", "nothing like this")
	page.Press("Filter")
	page.See("No message matches")
	page.Check("inbox-no-match")
	page.Write("Search", "bell for the")
	page.Choose("State", "Open")
	page.Press("Filter")
	page.See("End of the list")
	page.Press("Bell for the Harbour")
	page.See("Reply by mail")
	page.Choose("Assign to", team[1].Name)
	page.Press("Assign")
	page.See("assigned to " + team[1].Name)
	page.Press("Send reply")
	page.See("Please check your input")
	page.Check("message-errors")
	page.Write("Note for the team", "We have two bells that fit.")
	page.Press("Save note")
	page.See("The note is saved.")
	page.Write("Reply by mail", "The brass bell does. It is 22 mm, as the handlebar.")
	page.Press("Send reply")
	page.See("The reply will be sent to alice@mail.example.")
	page.Check("message")
	page.Press("Mark as spam")
	page.See("marked as spam")
	page.Press("Not spam")
	page.See("marked as open")
	page.Press("Back to the inbox")
	page.See("End of the list") // of the search
	page.Visit(app.url + "/inbox?state=all")
	page.Press("Next page")
	page.See("There is more.")
	page.Press("Sign out")
	page.See("You are signed out.")
}

// deliveriesFlow retries a mail that was rejected.
func deliveriesFlow(t *testing.T, app *running, page *browsertest.Page) {
	t.Helper()
	app.mailbox.fail(rejected{errors.New("no such user")})
	visitor := app.visitor(t)
	visitor.post("/", filled(visitor.token(), strings.Repeat("Lost", 37))).want(t, 303) // as wide as a subject can be
	page.Visit(app.url + "/sign-in?next=/deliveries")
	page.Write("E-mail address", team[0].Email)
	page.Write("Password", password)
	page.Press("Sign in")
	page.See("Mails to the team and replies")
	programtest.Until(t, 20*time.Second, "the mail has failed", func() bool {
		page.Visit(app.url + "/deliveries?state=failed")
		return !strings.Contains(page.Text(), "No failed mails")
	})
	page.Check("deliveries-failed")
	if got, err := page.Run(`(t => String(t.scrollWidth - t.clientWidth))(document.querySelector(".table"))`); err != nil || got != "0" {
		t.Errorf("the table is %s pixels wider than the screen, %v", got, err)
	}
	app.mailbox.fail(nil)
	page.Press("Send again to team@example.org")
	page.See("is sent again")
	page.Check("deliveries")
	page.Press("Failed")
	page.See("No failed mails")
}

// emptyFlow looks at lists without rows.
func emptyFlow(t *testing.T, app *running, page *browsertest.Page) {
	t.Helper()
	page.Visit(app.url + "/sign-in")
	page.Write("E-mail address", team[0].Email)
	page.Write("Password", password)
	page.Press("Sign in")
	page.See("No open messages")
	page.Check("inbox-empty")
	page.Press("Deliveries")
	page.See("No mails yet")
	page.Check("deliveries-empty")
}
