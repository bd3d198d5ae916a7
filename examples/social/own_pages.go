package main

import (
	"net/http"
	"net/url"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// newsView is a notification on its page.
type newsView struct {
	*Notification
	At   web.Moment
	Text string
}

// newsTexts are what people have done.
var newsTexts = map[string]string{
	"follow": "follows you", "like": "likes your post", "comment": "commented on your post", "reply": "replied to you", "mention": "mentioned you",
}

func (p *pages) notifications(w http.ResponseWriter, r *http.Request) error {
	page, err := scoped[Notification](p, r).Page(r.Context(), store.Query{
		Order: newestFirst, Limit: store.Limit(pageSize), After: web.After(r), With: []store.Embed{{Relation: "actor"}, {Relation: "post"}, {Relation: "comment"}},
	})
	if err != nil {
		return err
	}
	var news []newsView
	for _, n := range page.Items {
		news = append(news, newsView{n, web.LocaleOf(r).Time(n.CreatedAt), newsTexts[n.Kind]})
	}
	return p.show(w, r, http.StatusOK, "notifications", data{"News": news, "Pager": web.NewPager(r, page.Next)})
}

// markSeen marks all notifications of the reader as seen.
func (p *pages) markSeen(w http.ResponseWriter, r *http.Request) error {
	unseen := store.And(store.Eq("person_id", readerOf(r.Context()).ID), store.Eq("seen", false))
	if _, err := store.For[Notification](p.app.DB()).PatchWhere(r.Context(), unseen, store.SetTo("seen", true)); err != nil {
		return err
	}
	return p.Redirect(w, r, "/notifications", "Everything is marked as seen.")
}

func (p *pages) settings(w http.ResponseWriter, r *http.Request) error {
	me := readerOf(r.Context())
	return p.settingsPage(w, r, http.StatusOK, web.NewForm(url.Values{"name": {me.Name}, "bio": {me.Bio}}))
}

// settingsPage shows the profile and the blocks of the reader. The blocked people are hidden
// from the reader, so their names are read without the rules.
func (p *pages) settingsPage(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	page, err := store.For[Block](p.app.DB()).Page(r.Context(), store.Query{
		Where: store.Eq("blocker_id", readerOf(r.Context()).ID), Order: newestFirst, Limit: store.Limit(pageSize), After: web.After(r), With: []store.Embed{{Relation: "blocked"}},
	})
	if err != nil {
		return err
	}
	return p.show(w, r, status, "settings", data{"Form": form, "Blocks": page.Items, "Pager": web.NewPager(r, page.Next)})
}

func (p *pages) saveProfile(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	_, err := scoped[Person](p, r).Patch(r.Context(), readerOf(r.Context()).ID, store.SetTo("name", form.Line("name")), store.SetTo("bio", form.Value("bio")))
	switch {
	case form.Reject(err, "name", "The name", "bio", "The text about you"):
		return p.settingsPage(w, r, http.StatusUnprocessableEntity, form)
	case err != nil:
		return err
	}
	return p.Redirect(w, r, "/settings", "Your profile is saved.")
}

func (p *pages) endBlock(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	mine := store.And(store.Eq("blocker_id", readerOf(r.Context()).ID), store.Eq("blocked_id", id))
	if _, err := scoped[Block](p, r).DeleteWhere(r.Context(), mine); err != nil {
		return err
	}
	return p.Redirect(w, r, "/settings", "The block is removed.")
}
