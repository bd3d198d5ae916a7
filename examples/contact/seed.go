package main

import (
	"context"
	"crypto/rand"
	"errors"
	random "math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// seed fills a database without a team.
func (c *contact) seed(ctx context.Context, password string) error {
	n, err := store.For[Member](c.app.DB()).Count(ctx, store.True())
	if err != nil {
		return err
	}
	if n > 0 {
		return errors.New("contact: the database has a team already, and nothing was changed")
	}
	members, err := c.seedTeam(ctx, password)
	if err != nil {
		return err
	}
	return c.seedMessages(ctx, members, 200)
}

// seedTeam makes the accounts of the team, all with one password.
func (c *contact) seedTeam(ctx context.Context, password string) (members []*Member, err error) {
	for _, m := range team {
		member, err := c.addMember(ctx, m.Email, m.Name, password)
		if err != nil {
			return nil, err
		}
		members = append(members, member)
	}
	return members, nil
}

// seedMessages writes n messages of the last 60 days, always the same but for their times.
func (c *contact) seedMessages(ctx context.Context, members []*Member, n int) error {
	r := random.New(random.NewPCG(7, 7))
	at := time.Now().Add(-60 * 24 * time.Hour)
	for i := range n {
		at = at.Add(time.Duration(r.Int64N(int64(2*60*24*time.Hour) / int64(n+1))))
		if latest := time.Now().Add(-time.Duration(n-i) * 7 * time.Minute); at.After(latest) {
			at = latest
		}
		if err := c.seedMessage(ctx, r, members, byDay(at), i >= n-12); err != nil {
			return err
		}
	}
	return nil
}

// seedMessage writes a message, with a reply unless it is recent.
func (c *contact) seedMessage(ctx context.Context, r *random.Rand, members []*Member, at time.Time, recent bool) error {
	person, topic := people[r.IntN(len(people))], topics[r.IntN(len(topics))]
	fill := strings.NewReplacer("{bike}", pick(r, bikes), "{order}", strconv.Itoa(48_000+r.IntN(2_000)), "{town}", person.Town, "{day}", pick(r, days)).Replace
	m := &Message{
		Name: person.Name, Email: emailOf(person.Name), Subject: fill(topic.Subject), State: Open, TokenHash: hash(rand.Text()),
		Body: pick(r, greetings) + "\n\n" + fill(pick(r, topic.Bodies)) + "\n\n" + pick(r, closings) + "\n" + strings.Fields(person.Name)[0],
	}
	member := members[r.IntN(len(members))]
	answered := !recent && r.IntN(12) > 0
	switch {
	case !recent && r.IntN(24) == 0:
		answered = false
		s := pick(r, spam)
		m.Name, m.Email, m.Subject, m.Body, m.State = s.Name, s.Email, s.Subject, s.Body, Spam
	case answered:
		m.State, m.AssigneeID = Answered, &member.ID
	case r.IntN(3) > 0:
		m.AssigneeID = &member.ID
	}
	if recent && r.IntN(2) == 0 {
		if err := c.save(ctx, m, person.Name); err != nil { // with its mail to the team
			return err
		}
		if _, err := store.For[Mail](c.app.DB()).PatchWhere(ctx, store.Eq("message_id", m.ID), store.SetTo("created_at", at)); err != nil {
			return err
		}
		_, err := store.For[Message](c.app.DB()).Patch(ctx, m.ID, store.SetTo("created_at", at))
		return err
	}
	return c.app.DB().Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := store.For[Message](tx).Insert(ctx, m); err != nil {
			return err
		}
		if _, err := store.For[Message](tx).Patch(ctx, m.ID, store.SetTo("created_at", at)); err != nil {
			return err
		}
		if m.State != Spam {
			if err := seedMail(ctx, tx, m, c.settings.Team, "message", at); err != nil {
				return err
			}
		}
		if !answered {
			return nil
		}
		at = byDay(at.Add(time.Duration(700+r.IntN(1500)) * time.Minute))
		if r.IntN(4) == 0 {
			if err := seedEntry(ctx, tx, &Entry{MessageID: m.ID, AuthorID: member.ID, Body: pick(r, notes)}, at.Add(-10*time.Minute)); err != nil {
				return err
			}
		}
		reply := &Entry{MessageID: m.ID, AuthorID: member.ID, Reply: true, Body: fill(pick(r, topic.Replies)) + "\n\n" + strings.Fields(member.Name)[0]}
		if err := seedEntry(ctx, tx, reply, at); err != nil {
			return err
		}
		return seedMail(ctx, tx, m, m.Email, "reply", at)
	})
}

func seedEntry(ctx context.Context, tx *store.Tx, e *Entry, at time.Time) error {
	if err := store.For[Entry](tx).Insert(ctx, e); err != nil {
		return err
	}
	_, err := store.For[Entry](tx).Patch(ctx, e.ID, store.SetTo("created_at", at))
	return err
}

// seedMail writes the row of a mail that was sent long ago.
func seedMail(ctx context.Context, tx *store.Tx, m *Message, to, kind string, at time.Time) error {
	row := &Mail{MessageID: m.ID, Recipient: to, Kind: kind}
	if err := store.For[Mail](tx).Insert(ctx, row); err != nil {
		return err
	}
	_, err := store.For[Mail](tx).Patch(ctx, row.ID, store.SetTo("created_at", at))
	return err
}

// byDay moves a time at night to the evening before.
func byDay(t time.Time) time.Time {
	if h := t.UTC().Hour(); h < 7 {
		return t.Add(-time.Duration(h+3) * time.Hour)
	}
	return t
}

func pick[T any](r *random.Rand, from []T) T { return from[r.IntN(len(from))] }

// emailOf returns the e-mail address of a person.
func emailOf(name string) string {
	plain := strings.NewReplacer(" ", ".", "é", "e", "ö", "oe", "ü", "ue", "ø", "o", "á", "a", "ñ", "n", "'", "").Replace(strings.ToLower(name))
	return plain + "@mail.example"
}
