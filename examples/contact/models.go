package main

import (
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/uptrace/bun"
)

// State is what has become of a message.
type State = string

// The states of messages.
const (
	Open     State = "open"
	Answered State = "answered"
	Spam     State = "spam"
)

// Message is what a visitor has sent. TokenHash is the hash of the token of its form: it makes
// a form that is sent twice one message, and finds the message of a status page.
type Message struct {
	bun.BaseModel `bun:"table:messages" plinth:"index=created_at,index=state|created_at"`
	store.Model
	Name      string `bun:",notnull"        plinth:"createonly" validate:"required,max=100"`
	Email     string `bun:",notnull"        plinth:"createonly" validate:"required,email,excludesall=\"\\,max=254"`
	Subject   string `bun:",notnull"        plinth:"createonly" validate:"required,max=150"`
	Body      string `bun:",notnull"        plinth:"createonly" validate:"required,max=5000"`
	State     State  `bun:",notnull"        plinth:"enum=open|answered|spam"`
	TokenHash string `bun:",notnull,unique" plinth:"hidden"`

	AssigneeID *store.ID
	Assignee   *Member  `bun:"rel:belongs-to,join:assignee_id=id,on_delete:set null"`
	Entries    []*Entry `bun:"rel:has-many,join:id=message_id"`
	Mails      []*Mail  `bun:"rel:has-many,join:id=message_id"`
}

// Entry is a reply to a message, or a note for the team.
type Entry struct {
	bun.BaseModel `bun:"table:entries"`
	store.Model
	MessageID store.ID `bun:",notnull"`
	AuthorID  store.ID `bun:",notnull"`
	Reply     bool     `bun:",notnull"`
	Body      string   `bun:",notnull" validate:"required,max=5000"`

	Message *Message `bun:"rel:belongs-to,join:message_id=id,on_delete:cascade"`
	Author  *Member  `bun:"rel:belongs-to,join:author_id=id"`
}

// Mail is a mail about a message: the notice to the team, or a reply. Its key is that of the
// job that sends it.
type Mail struct {
	bun.BaseModel `bun:"table:mails" plinth:"index=created_at"`
	store.Model
	MessageID store.ID `bun:",notnull"`
	Recipient string   `bun:",notnull"`
	Kind      string   `bun:",notnull"` // the template

	Message *Message `bun:"rel:belongs-to,join:message_id=id,on_delete:cascade"`
}

// Member is an account of the team.
type Member struct {
	bun.BaseModel `bun:"table:members"`
	store.Model
	Name  string `bun:",notnull"        validate:"required,max=100"`
	Email string `bun:",notnull,unique" validate:"email"`
}

// teamRole is the role of members.
const teamRole = "team"

// resources are the tables as clients and pages may use them: the team reads everything, and
// changes state and assignee of a message. Messages, entries and mails are made by the pages.
func resources() []api.Exposed {
	team := api.Role(teamRole)
	return []api.Exposed{
		api.Resource[Message]{Policy: api.Policy{Read: team, Update: team}},
		api.Resource[Entry]{Policy: api.Policy{Read: team}},
		api.Resource[Mail]{Policy: api.Policy{Read: team}},
		api.Resource[Member]{Policy: api.Policy{Read: team}},
	}
}
