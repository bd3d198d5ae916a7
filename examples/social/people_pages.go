package main

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// otherOf returns the person that the URL names, who must not be the reader.
func (p *pages) otherOf(r *http.Request) (*Person, error) {
	person, err := p.personOf(r)
	if err == nil && person.ID == readerOf(r.Context()).ID {
		err = store.ErrDenied
	}
	return person, err
}

// personOf returns the person that the URL names, if the reader may see them, with the reader's
// own follow.
func (p *pages) personOf(r *http.Request) (*Person, error) {
	return scoped[Person](p, r).First(r.Context(), store.Query{
		Where: personHandle.Eq(strings.ToLower(chi.URLParam(r, "handle"))),
		With:  []store.Embed{{Relation: "follow_ins", Query: store.Query{Where: store.Eq("follower_id", readerOf(r.Context()).ID)}}},
	})
}

func (p *pages) profile(w http.ResponseWriter, r *http.Request) error {
	person, err := p.personOf(r)
	if err != nil {
		return err
	}
	page, err := scoped[Post](p, r).Page(r.Context(), store.Query{
		Where: postAuthor.Eq(person.ID), Order: newestFirst, Limit: store.Limit(pageSize), After: web.After(r), With: withPost(readerOf(r.Context()).ID),
	})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, "profile", data{"Person": person, "Posts": p.views(r, page.Items), "Pager": web.NewPager(r, page.Next)})
}

// followList shows the followers of a person, or the people that they follow.
func (p *pages) followList(w http.ResponseWriter, r *http.Request) error {
	person, err := p.personOf(r)
	if err != nil {
		return err
	}
	list := chi.URLParam(r, "list")
	relation, column, known := "follower", "followed_id", list == "followers" || list == "following"
	if !known {
		return store.ErrNotFound
	}
	if list == "following" {
		relation, column = "followed", "follower_id"
	}
	page, err := scoped[Follow](p, r).Page(r.Context(), store.Query{
		Where: store.Eq(column, person.ID), Order: newestFirst, Limit: store.Limit(pageSize), After: web.After(r), With: []store.Embed{{Relation: relation}},
	})
	if err != nil {
		return err
	}
	var people []*Person
	for _, f := range page.Items {
		if f.Follower != nil {
			people = append(people, f.Follower)
		} else if f.Followed != nil {
			people = append(people, f.Followed)
		}
	}
	return p.show(w, r, http.StatusOK, "follows", data{"Person": person, "Followers": list == "followers", "People": people, "Pager": web.NewPager(r, page.Next)})
}

// follow follows a person, or ends that.
func (p *pages) follow(w http.ResponseWriter, r *http.Request) error {
	person, err := p.otherOf(r)
	if err != nil {
		return err
	}
	me, notice := readerOf(r.Context()), "You follow "+person.Name+"."
	follow := store.And(store.Eq("follower_id", me.ID), store.Eq("followed_id", person.ID))
	switch on := r.FormValue("on") != "false"; {
	case !on:
		_, err = scoped[Follow](p, r).DeleteWhere(r.Context(), follow)
		notice = "You do not follow " + person.Name + " any more."
	case len(person.FollowIns) == 0:
		err = scoped[Follow](p, r).Insert(r.Context(), &Follow{FollowerID: me.ID, FollowedID: person.ID})
	}
	if err != nil {
		return err
	}
	return p.Redirect(w, r, "/people/"+person.Handle, notice)
}

func (p *pages) block(w http.ResponseWriter, r *http.Request) error {
	person, err := p.otherOf(r)
	if err != nil {
		return err
	}
	err = scoped[Block](p, r).Insert(r.Context(), &Block{BlockerID: readerOf(r.Context()).ID, BlockedID: person.ID})
	if err != nil {
		return err
	}
	return p.Redirect(w, r, "/settings", person.Name+" is blocked.")
}

// search finds people and posts by words.
func (p *pages) search(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r.URL.Query())
	d := data{"Form": form}
	if q := form.Line("q"); q != "" {
		people, err := scoped[Person](p, r).List(r.Context(), store.Query{
			Where: store.Or(personHandle.Search(q), personName.Search(q), personBio.Search(q)), Order: []store.Order{{Column: "name"}}, Limit: store.Limit(pageSize),
		})
		if err != nil {
			return err
		}
		page, err := scoped[Post](p, r).Page(r.Context(), store.Query{
			Where: postBody.Search(q), Order: newestFirst, Limit: store.Limit(pageSize), After: web.After(r), With: withPost(readerOf(r.Context()).ID),
		})
		if err != nil {
			return err
		}
		d["Asked"], d["People"], d["Posts"], d["Pager"] = true, people, p.views(r, page.Items), web.NewPager(r, page.Next)
	}
	return p.show(w, r, http.StatusOK, "search", d)
}
