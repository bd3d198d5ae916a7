package main

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/browsertest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// newSite serves a seeded network with its background work and returns its URL.
func newSite(t *testing.T, database string) (*social, string) {
	t.Helper()
	config := plinth.Config{DatabaseURL: database, Logger: slog.New(slog.DiscardHandler)}
	config.Rates.Address.Requests, config.Rates.Caller.Requests = -1, -1
	s, err := newSocial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.app.DB().Close() })
	if err := s.seed(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	handler, err := s.app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.app.RunBackground(ctx)
	}()
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		cancel()
		<-ended
		server.Close()
	})
	return s, server.URL
}

// signIn opens a session of a person of the seed.
func signIn(page *browsertest.Page, url, handle string) {
	page.Write("E-mail address", handle+"@hearth.example")
	page.Write("Password", seedPassword)
	page.Press("Sign in")
}

// TestInBrowser plays each flow by the keyboard and looks at each page on a phone, on a desktop
// and in the dark. PLINTH_TEST_LONG=1 plays them on PostgreSQL too.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	chromium := browsertest.Start(t)
	t.Run("sqlite", func(t *testing.T) {
		_, url := newSite(t, filepath.Join(t.TempDir(), "social.db"))
		mira, tomas := chromium.NewPage(t), chromium.NewPage(t)
		flows(t, url, mira, mira.Check)
		sideBySide(t, url, mira, tomas)
	})
	t.Run("postgres", func(t *testing.T) {
		programtest.SkipShort(t)
		_, url := newSite(t, pgtest.URL(t))
		mira, tomas := chromium.NewPage(t), chromium.NewPage(t)
		flows(t, url, mira, func(string) {})
		sideBySide(t, url, mira, tomas)
	})
}

// flows is what a member does alone. It ends at home.
func flows(t *testing.T, url string, page *browsertest.Page, check func(name string)) {
	t.Helper()
	page.Visit(url + "/settings")
	page.Write("E-mail address", "mira@hearth.example")
	page.Write("Password", "wrong")
	page.Press("Sign in")
	page.See("Please check your input")
	check("sign-in")
	page.Write("Password", seedPassword)
	page.Press("Sign in")
	page.See("You have blocked no one.")
	check("settings-empty")
	page.Write("Name", "")
	page.Press("Save")
	page.See("Please check your input")
	check("settings-error")
	page.Write("Name", "Mira C. Castellan")
	page.Press("Save")
	page.See("Your profile is saved.")

	// The feed, its pages, and a post.
	page.Press("Home")
	page.See("What is new?")
	check("home")
	page.Press("Next page")
	wantURL(t, page, "after=")
	page.Press("Home")
	page.See("What is new?")
	page.Write("What is new?", "   ")
	page.Press("Publish")
	page.See("Please check your input")
	check("home-error")
	page.Write("What is new?", "Tea at four, @tomas and @nell?")
	page.Press("Publish")
	page.See("Your post is published.")
	page.See("Tea at four")

	// Search, profiles, follow lists.
	page.Press("Search")
	page.See("People and posts with all words.")
	page.Write("Words", "nothinglikethis")
	page.Press("Find")
	page.See("No post is found.")
	check("search-empty")
	page.Write("Words", "boat*")
	page.Press("Find")
	page.See("Jonas Lindqvist")
	check("search")
	page.Press("Jonas Lindqvist")
	page.See("followers")
	check("profile")
	page.Visit(url + "/people/jonas/followers")
	page.See("Followers of Jonas Lindqvist")
	check("followers")
	page.Visit(url + "/people/ruth")
	page.Press("Block")
	page.See("Ruth Abrams is blocked.")
	check("settings")
	page.Visit(url + "/people/ruth")
	page.See("It does not exist, or you may not see it.")
	check("error")
	page.Visit(url + "/settings")
	page.Press("Unblock")
	page.See("The block is removed.")

	page.Press("Home")
	page.See("What is new?")
	page.Visit(url + "/notifications")
	page.See("Mark all as seen")
	check("notifications")
	page.Press("Mark all as seen")
	page.See("Everything is marked as seen.")
	if text := page.Text(); strings.Contains(text, "Notifications (") {
		t.Errorf("unseen notifications are left: %s", text)
	}
}

// within fails the test unless something happens within a second of begun.
func within(t *testing.T, page *browsertest.Page, what, script string, begun time.Time) {
	t.Helper()
	programtest.Until(t, 20*time.Second, what, func() bool {
		text, err := page.Run(script)
		return err == nil && text == "true"
	})
	t.Logf("%s after %v", what, time.Since(begun).Round(time.Millisecond))
}

// sideBySide has two members look at the same post. One sees what the other does, without a
// reload.
func sideBySide(t *testing.T, url string, mira, tomas *browsertest.Page) {
	t.Helper()
	mira.Visit(url + "/people/mira")
	if _, err := mira.Run(`location.href = document.querySelector("[data-post] a[href^='/posts/']").href`); err != nil {
		t.Fatal(err)
	}
	live := `String(document.documentElement.dataset.live === "true")`
	within(t, mira, "the page of Mira is live", live, time.Now())
	path := mira.URL()
	tomas.Visit(url + path)
	signIn(tomas, url, "tomas")
	tomas.See("Your comment")
	within(t, tomas, "the page of Tomas is live", live, time.Now())
	begun := time.Now()
	within(t, tomas, "Tomas sees that Mira is online", `String(!document.querySelector("article [data-person]").hidden)`, begun)

	tomas.Press("Like")
	begun = time.Now()
	within(t, mira, "Mira sees the like", `String(document.querySelector("[data-number=likes]").textContent === "1")`, begun)
	within(t, mira, "Mira sees the notification", `String(document.body.innerText.includes("Notifications (1)"))`, begun)
	tomas.Write("Your comment", "With bread, of course.")
	tomas.Press("Comment")
	begun = time.Now()
	within(t, mira, "Mira sees the comment", `String(document.querySelector("#thread").innerText.includes("With bread, of course."))`, begun)
	mira.Press("Reply")
	mira.See("You reply to Tomas Okafor.")
	mira.Write("Your reply", "And butter.")
	mira.Press("Reply")
	begun = time.Now()
	within(t, tomas, "Tomas sees the reply", `String(document.querySelector("#thread").innerText.includes("And butter."))`, begun)
	mira.Visit(url + path)
	mira.See("And butter.")
	mira.Check("thread")
	mira.Visit(url + "/people/tomas")
	within(t, mira, "Mira sees that Tomas is online", `String(!document.querySelector("[data-person]").hidden)`, time.Now())
	tomas.Visit("about:blank")
	begun = time.Now()
	within(t, mira, "Mira sees that Tomas is gone", `String(document.querySelector("[data-person]").hidden)`, begun)
}

// wantURL waits until the page has a part in its URL, and is loaded.
func wantURL(t *testing.T, page *browsertest.Page, part string) {
	t.Helper()
	programtest.Until(t, 20*time.Second, "the page has "+part, func() bool {
		at, err := page.Run(`document.readyState === "complete" ? location.search : ""`)
		return err == nil && strings.Contains(at, part)
	})
}
