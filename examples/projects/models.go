package main

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// Organisation is a company or a team. Its rows are below it.
type Organisation struct {
	bun.BaseModel `bun:"table:organisations"`
	store.Model
	Name string `bun:",notnull" validate:"required,max=80"`

	Members []*Member `bun:"rel:has-many,join:id=organisation_id"`
}

// Member gives a user a role in an organisation.
type Member struct {
	bun.BaseModel  `bun:"table:members"`
	OrganisationID store.ID `bun:",pk"`
	UserID         store.ID `bun:",pk"`
	Role           string   `bun:",notnull" plinth:"enum=owner|editor|viewer"`

	Organisation *Organisation `bun:"rel:belongs-to,join:organisation_id=id,on_delete:CASCADE"`
}

// Project belongs to an organisation.
type Project struct {
	bun.BaseModel `bun:"table:projects"`
	store.Model
	OrganisationID store.ID `bun:",notnull" plinth:"createonly,index"`
	Name           string   `bun:",notnull" validate:"required,max=80"`

	Organisation *Organisation `bun:"rel:belongs-to,join:organisation_id=id,on_delete:CASCADE"`
	Links        []*ShareLink  `bun:"rel:has-many,join:id=project_id"`
}

// Task belongs to a project.
type Task struct {
	bun.BaseModel `bun:"table:tasks"`
	store.Model
	ProjectID  store.ID `bun:",notnull" plinth:"createonly,index"`
	Title      string   `bun:",notnull" validate:"required,max=200"`
	State      string   `bun:",notnull,default:'open'" plinth:"enum=open|doing|done"`
	AssigneeID *store.ID
	DueOn      *store.Date

	Project  *Project   `bun:"rel:belongs-to,join:project_id=id,on_delete:CASCADE"`
	Labels   []*Label   `bun:"m2m:task_labels,join:Task=Label"`
	Comments []*Comment `bun:"rel:has-many,join:id=task_id"`
}

// Label marks tasks of an organisation.
type Label struct {
	bun.BaseModel `bun:"table:labels"`
	store.Model
	OrganisationID store.ID `bun:",notnull" plinth:"createonly,index"`
	Name           string   `bun:",notnull" validate:"required,max=40"`

	Organisation *Organisation `bun:"rel:belongs-to,join:organisation_id=id,on_delete:CASCADE"`
}

// TaskLabel puts a label on a task.
type TaskLabel struct {
	bun.BaseModel `bun:"table:task_labels"`
	TaskID        store.ID `bun:",pk"`
	LabelID       store.ID `bun:",pk"`

	Task  *Task  `bun:"rel:belongs-to,join:task_id=id,on_delete:CASCADE"`
	Label *Label `bun:"rel:belongs-to,join:label_id=id,on_delete:CASCADE"`
}

// Comment is written by a member, about a task.
type Comment struct {
	bun.BaseModel `bun:"table:comments"`
	store.Model
	TaskID   store.ID `bun:",notnull" plinth:"createonly,index"`
	AuthorID store.ID `bun:",notnull"`
	Text     string   `bun:",notnull" validate:"required,max=5000"`

	Task *Task `bun:"rel:belongs-to,join:task_id=id,on_delete:CASCADE"`
}

// ShareLink opens a project to everybody with its token, until it expires.
type ShareLink struct {
	bun.BaseModel `bun:"table:share_links"`
	store.Model
	ProjectID store.ID  `bun:",notnull"`
	Token     string    `bun:",notnull,unique" plinth:"secret"`
	ExpiresAt time.Time `bun:",notnull"`

	Project *Project `bun:"rel:belongs-to,join:project_id=id,on_delete:CASCADE"`
}

// Invitation asks somebody to become a member. The table has the hash of its code.
type Invitation struct {
	bun.BaseModel `bun:"table:invitations"`
	store.Model
	OrganisationID store.ID  `bun:",notnull"`
	Email          string    `bun:",notnull" validate:"required,email"`
	Role           string    `bun:",notnull" plinth:"enum=owner|editor|viewer"`
	CodeHash       []byte    `bun:",notnull,unique" plinth:"hidden"`
	ExpiresAt      time.Time `bun:",notnull"`

	Organisation *Organisation `bun:"rel:belongs-to,join:organisation_id=id,on_delete:CASCADE"`
}

// AuditEvent is one change of a project or task. It outlives both.
type AuditEvent struct {
	bun.BaseModel `bun:"table:audit_events"`
	store.Untracked
	Change         string    `bun:",pk"` // ID of the change
	OrganisationID store.ID  `bun:",notnull"`
	At             time.Time `bun:",notnull"`
	Actor          string    `bun:",notnull"` // ID of the user
	What           string    `bun:",notnull"` // "update tasks"
	Title          string    `bun:",notnull"` // after the change

	Organisation *Organisation `bun:"rel:belongs-to,join:organisation_id=id,on_delete:CASCADE"`
}
