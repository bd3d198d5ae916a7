package main

import (
	"context"
	"net/http"

	"github.com/seed-7694ebf6/plinth/examples/internal/web"
	"github.com/seed-7694ebf6/plinth/store"
)

// home shows the feed.
func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	return p.feedPage(w, r, http.StatusOK, web.NewForm(nil))
}

func (p *pages) feedPage(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	posts, next, err := feed(r.Context(), scoped[FeedItem](p, r), readerOf(r.Context()).ID, web.After(r))
	if err != nil {
		return err
	}
	return p.show(w, r, status, "home", data{"Form": form, "Posts": p.views(r, posts), "Pager": web.NewPager(r, next)})
}

// postView is the dot of the template "post".
type postView struct {
	*Post
	At    web.Moment
	Parts []part
	Liked bool
	Own   bool
	Here  string
}

// views returns what templates show of posts.
func (p *pages) views(r *http.Request, posts []*Post) (views []postView) {
	locale := web.LocaleOf(r)
	for _, post := range posts {
		views = append(views, postView{
			Post: post, At: locale.Time(post.CreatedAt), Parts: parts(post.Body), Liked: len(post.LikedBy) > 0,
			Own: post.AuthorID == readerOf(r.Context()).ID, Here: r.URL.RequestURI(),
		})
	}
	return views
}

// part is a piece of a text: a mention, or what stands between mentions.
type part struct{ Text, Handle string }

// parts divides a text at its mentions.
func parts(text string) (list []part) {
	from := 0
	for _, at := range mention.FindAllStringSubmatchIndex(text, -1) {
		list = append(list, part{Text: text[from : at[2]-1]}, part{Text: text[at[2]-1 : at[3]], Handle: text[at[2]:at[3]]})
		from = at[3]
	}
	return append(list, part{Text: text[from:]})
}

func (p *pages) addPost(w http.ResponseWriter, r *http.Request) error {
	form := web.ReadForm(r)
	err := scoped[Post](p, r).Insert(r.Context(), &Post{AuthorID: readerOf(r.Context()).ID, Body: form.Value("body")})
	switch {
	case form.Reject(err, "body", "The text"):
		return p.feedPage(w, r, http.StatusUnprocessableEntity, form)
	case err != nil:
		return err
	}
	return p.Redirect(w, r, "/", "Your post is published.")
}

func (p *pages) deletePost(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err == nil {
		err = scoped[Post](p, r).Delete(r.Context(), id)
	}
	if err != nil {
		return err
	}
	return p.Redirect(w, r, "/", "Your post is deleted.")
}

// likePost likes a post, or takes the like back.
func (p *pages) likePost(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	change := p.like
	if r.FormValue("on") == "false" {
		change = p.unlike
	}
	if err := change(r.Context(), id); err != nil {
		return err
	}
	return p.back(w, r, "")
}

// commentView is the dot of the template "comment".
type commentView struct {
	*Comment
	At      web.Moment
	Parts   []part
	Replies []commentView
}

func commentViews(locale web.Locale, comments []*Comment) (views []commentView) {
	for _, c := range comments {
		views = append(views, commentView{c, locale.Time(c.CreatedAt), parts(c.Body), commentViews(locale, c.Replies)})
	}
	return views
}

// maxReplies is how many replies of a thread the page of a post shows.
const maxReplies = 50

// thread shows a post and a page of its threads.
func (p *pages) thread(w http.ResponseWriter, r *http.Request) error {
	return p.threadPage(w, r, http.StatusOK, web.NewForm(nil))
}

func (p *pages) threadPage(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	post, err := scoped[Post](p, r).First(r.Context(), store.Query{Where: store.Eq("id", id), With: withPost(readerOf(r.Context()).ID)})
	if err != nil {
		return err
	}
	author, oldestFirst := store.Embed{Relation: "author"}, []store.Order{{Column: "created_at"}}
	page, err := scoped[Comment](p, r).Page(r.Context(), store.Query{
		Where: store.And(store.Eq("post_id", id), store.Null("root_id")), Order: oldestFirst, Limit: store.Limit(pageSize), After: web.After(r),
		With: []store.Embed{author, {Relation: "replies", Query: store.Query{Order: oldestFirst, Limit: store.Limit(maxReplies), With: []store.Embed{author}}}},
	})
	if err != nil {
		return err
	}
	d := data{"Form": form, "Post": p.views(r, []*Post{post})[0], "Comments": commentViews(web.LocaleOf(r), page.Items), "Pager": web.NewPager(r, page.Next)}
	if answered, err := store.ParseID(r.FormValue("reply")); err == nil {
		if d["Reply"], err = p.answered(r.Context(), r, answered, id); err != nil {
			return err
		}
	}
	return p.show(w, r, status, "thread", d)
}

// answered returns the comment that a reply is for.
func (p *pages) answered(ctx context.Context, r *http.Request, id, post store.ID) (*Comment, error) {
	return scoped[Comment](p, r).First(ctx, store.Query{
		Where: store.And(store.Eq("id", id), store.Eq("post_id", post)), With: []store.Embed{{Relation: "author"}},
	})
}

func (p *pages) addComment(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	form := web.ReadForm(r)
	c := &Comment{PostID: id, AuthorID: readerOf(r.Context()).ID, Body: form.Value("body")}
	if parent, err := store.ParseID(form.Value("reply")); err == nil {
		c.ParentID = &parent
	}
	err = scoped[Comment](p, r).Insert(r.Context(), c)
	switch {
	case form.Reject(err, "body", "The comment"):
		return p.threadPage(w, r, http.StatusUnprocessableEntity, form)
	case err != nil:
		return err
	}
	return p.Redirect(w, r, "/posts/"+id.String(), "Your comment is published.")
}
