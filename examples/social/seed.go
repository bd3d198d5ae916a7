package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

// seedPassword is the password of all people of the seed.
const seedPassword = "a fire in the evening"

// seeder fills an empty network.
type seeder struct {
	*social
	random *rand.Rand
	now    time.Time
	people []*Person
	posts  []*Post
}

// seed makes 30 people, what they write, and who follows and likes what, and prints how to
// sign in.
func (s *social) seed(ctx context.Context, out io.Writer) error {
	if _, err := s.app.Handler(ctx); err != nil {
		return err
	}
	switch n, err := store.For[Person](s.app.DB()).Count(ctx, store.Cond{}); {
	case err != nil:
		return err
	case n > 0:
		return fmt.Errorf("social: the database has %d people; seed an empty one", n)
	}
	f := &seeder{social: s, random: rand.New(rand.NewPCG(2026, 7)), now: time.Now().Add(-time.Hour)}
	for _, step := range []func(context.Context) error{f.addPeople, f.addFollows, f.addPosts, f.addAnswers, f.addLikes} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "30 people, password %q, such as %s and %s\n", seedPassword, emailOf(f.people[0]), emailOf(f.people[1]))
	return err
}

// emailOf returns the e-mail address of a person.
func emailOf(p *Person) string { return p.Handle + "@hearth.example" }

func (s *seeder) addPeople(ctx context.Context) error {
	// Hashing takes long on purpose, so the people of the seed share the hash of one password.
	hash, err := s.app.Accounts().HashPassword(ctx, seedPassword, "")
	if err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSpace(seedPeople), "\n") {
		name, bio, _ := strings.Cut(line, ": ")
		first, _, _ := strings.Cut(strings.ToLower(name), " ")
		p := &Person{Handle: first, Name: name, Bio: bio}
		user, err := s.app.Accounts().CreateUser(ctx, accounts.NewUser{Email: emailOf(p), EmailConfirmed: true, PasswordHash: hash})
		if err != nil {
			return err
		}
		p.ID = user.ID
		if err := store.For[Person](s.app.DB()).Insert(ctx, p); err != nil {
			return err
		}
		s.people = append(s.people, p)
	}
	return nil
}

// addFollows has each person follow some, and the first two people follow most.
func (s *seeder) addFollows(ctx context.Context) error {
	for i, p := range s.people {
		for j, other := range s.people {
			if i == j || s.random.IntN(10) > 2 && (i > 1 || j%4 == 3) {
				continue
			}
			if err := store.For[Follow](s.app.DB()).Insert(ctx, &Follow{FollowerID: p.ID, FollowedID: other.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// addPosts publishes the texts over the last two weeks.
func (s *seeder) addPosts(ctx context.Context) error {
	texts := strings.Split(strings.TrimSpace(seedPosts), "\n")
	for i, text := range texts {
		age := time.Duration(len(texts)-i) * 14 * 24 * time.Hour / time.Duration(len(texts))
		p := &Post{AuthorID: s.people[i%len(s.people)].ID, Body: text}
		p.CreatedAt = s.now.Add(-age)
		if err := store.For[Post](s.app.DB()).Insert(ctx, p); err != nil {
			return err
		}
		s.posts = append(s.posts, p)
	}
	return nil
}

// addAnswers has people comment on posts, and authors reply.
func (s *seeder) addAnswers(ctx context.Context) error {
	comments := store.For[Comment](s.app.DB())
	lines := strings.Split(strings.TrimSpace(seedAnswers), "\n")
	for i := range 2 * len(lines) {
		comment, reply, _ := strings.Cut(lines[i%len(lines)], " | ")
		post := s.posts[len(s.posts)-1-i%len(s.posts)]
		c := &Comment{PostID: post.ID, AuthorID: s.other(post.AuthorID).ID, Body: comment}
		c.CreatedAt = post.CreatedAt.Add(20 * time.Minute)
		if err := comments.Insert(ctx, c); err != nil {
			return err
		}
		if reply == "" {
			continue
		}
		answer := &Comment{PostID: post.ID, AuthorID: post.AuthorID, ParentID: &c.ID, Body: reply}
		answer.CreatedAt = c.CreatedAt.Add(10 * time.Minute)
		if err := comments.Insert(ctx, answer); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) addLikes(ctx context.Context) error {
	for _, post := range s.posts {
		for _, p := range s.people {
			if p.ID == post.AuthorID || s.random.IntN(9) > 0 {
				continue
			}
			if err := store.For[Like](s.app.DB()).Insert(ctx, &Like{PostID: post.ID, PersonID: p.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// other returns a person who is not the given one.
func (s *seeder) other(id store.ID) *Person {
	for {
		if p := s.people[s.random.IntN(len(s.people))]; p.ID != id {
			return p
		}
	}
}
