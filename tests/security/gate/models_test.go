package gate_test

import (
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/uptrace/bun"
)

// User is of no tenant. What others may see of one depends on the row.
type User struct {
	bun.BaseModel `bun:"table:users"`
	store.Model
	Name          string `bun:",notnull"`
	Role          string `bun:",notnull" plinth:"readonly"`
	EmailVerified bool   `bun:",notnull" plinth:"readonly"`
	Listed        bool   `bun:",notnull"`
	Email         string `bun:",notnull,unique" plinth:"hidden,searchable"`
	PasswordHash  string `bun:",notnull" plinth:"secret"`
}

// Project belongs to a tenant and shows itself to its members.
type Project struct {
	bun.BaseModel `bun:"table:projects"`
	store.Model
	store.Tenant
	Name    string        `bun:",notnull"`
	Budget  int64         `bun:",notnull"`                     // for admins only, by the policy, as the memo
	Memo    string        `bun:",notnull" plinth:"searchable"` //
	LeadID  store.ID      `bun:",notnull"`
	Lead    *User         `bun:"rel:belongs-to,join:lead_id=id"`
	Members []*Membership `bun:"rel:has-many,join:id=project_id"`
	Notes   []*Note       `bun:"rel:has-many,join:id=project_id"`
}

// Membership is not exposed: it exists for the rule of Project.
type Membership struct {
	bun.BaseModel `bun:"table:memberships"`
	store.Untracked
	ProjectID store.ID `bun:",pk"`
	UserID    store.ID `bun:",pk"`
}

// Note belongs to a tenant and an owner; it can be shared, and deleted without
// leaving the table.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model
	store.SoftDelete
	store.Tenant
	OwnerID    store.ID   `bun:",notnull"`
	ProjectID  *store.ID  //
	Slug       string     `bun:",notnull,unique"`
	Title      string     `bun:",notnull" validate:"required" plinth:"searchable"`
	Body       *string    `plinth:"searchable"`
	Status     string     `bun:",notnull"`
	Amount     int64      `bun:",notnull"`
	Rate       *float64   //
	Due        *time.Time //
	Margin     int64      `bun:",notnull"` // for admins only, by the policy
	SecretNote string     `bun:",notnull" plinth:"hidden,searchable"`
	ReviewerID *store.ID  `plinth:"hidden"`
	Owner      *User      `bun:"rel:belongs-to,join:owner_id=id"`
	Reviewer   *User      `bun:"rel:belongs-to,join:reviewer_id=id"`
	Project    *Project   `bun:"rel:belongs-to,join:project_id=id"`
	Tags       []Tag      `bun:"m2m:note_tags,join:Note=Tag"`
}

// Tag is public to read.
type Tag struct {
	bun.BaseModel `bun:"table:tags"`
	ID            int64  `bun:",pk,autoincrement"`
	Name          string `bun:",notnull,unique"`
	Notes         []Note `bun:"m2m:note_tags,join:Tag=Note"`
}

// NoteTag is the junction, with a rule of its own.
type NoteTag struct {
	bun.BaseModel `bun:"table:note_tags"`
	NoteID        store.ID `bun:",pk"`
	TagID         int64    `bun:",pk"`
	Private       bool     `bun:",notnull"`
	AddedBy       store.ID `bun:",notnull"`
	Note          *Note    `bun:"rel:belongs-to,join:note_id=id"`
	Tag           *Tag     `bun:"rel:belongs-to,join:tag_id=id"`
}

// News is public where it is published. Its key is text.
type News struct {
	bun.BaseModel `bun:"table:news"`
	Code          string `bun:",pk"`
	Text          string `bun:",notnull"`
	Published     bool   `bun:",notnull"`
}

// Suggestion leaves everybody's sight but the admins' once it is closed.
type Suggestion struct {
	bun.BaseModel `bun:"table:suggestions"`
	ID            int64  `bun:",pk"`
	Text          string `bun:",notnull"`
	State         string `bun:",notnull"`
	Sender        string `bun:",notnull" plinth:"hidden"`
}

// Stock is not exposed; a function reserves from it.
type Stock struct {
	bun.BaseModel `bun:"table:stock"`
	ID            int64 `bun:",pk"`
	Left          int64 `bun:",notnull"`
}
