package api_test

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

func ExampleAnyOf() {
	fmt.Println(api.AnyOf(api.Role("editor"), api.Owner("author_id")))
	// Output: role "editor" or author_id = principal.id
}

func ExampleAllOf() {
	fmt.Println(api.AllOf(api.AAL(2), api.Owner("author_id")))
	// Output: aal >= 2 and author_id = principal.id
}

func ExampleOwner() {
	fmt.Println(api.Owner("author_id"))
	// Output: author_id = principal.id
}

func ExampleWhere() {
	fmt.Println(api.Where(store.And(store.Eq("public", true), store.In("team", store.Var("principal.claims.teams")))))
	// Output: public = true and team in principal.claims.teams
}

func ExampleRelated() {
	fmt.Println(api.Related("members", api.AllOf(api.Owner("user_id"), api.Where(store.Eq("level", "admin")))))
	// Output: exists members (user_id = principal.id and level = "admin")
}

func ExampleAnyone() {
	fmt.Println(api.Anyone())
	// Output: anyone
}

func ExampleSignedIn() {
	fmt.Println(api.SignedIn().And(api.AAL(2)))
	// Output: signed in and aal >= 2
}

func ExampleSession() {
	fmt.Println(api.Session())
	// Output: session
}

func ExampleService() {
	fmt.Println(api.Service().Or(api.Role("operator")))
	// Output: service or role "operator"
}

func ExampleRole() {
	fmt.Println(api.Role("editor"))
	// Output: role "editor"
}

func ExamplePermission() {
	fmt.Println(api.Permission("pages:publish"))
	// Output: permission "pages:publish"
}

func ExampleAAL() {
	fmt.Println(api.AAL(2))
	// Output: aal >= 2
}

func ExampleGateFunc() {
	staff := api.GateFunc("staff", func(p auth.Principal) bool { return p.Issuer == "https://staff.example.org" })
	fmt.Println(api.AnyOf(staff, api.Owner("author_id")))
	// Output: staff or author_id = principal.id
}

func ExamplePolicy() {
	fmt.Print(api.Policy{
		Read:          api.Anyone(),
		Update:        api.AnyOf(api.Role("editor"), api.Owner("author_id")),
		Columns:       map[string]api.ColumnRule{"price": {Read: api.SignedIn(), Update: api.Role("editor")}},
		ServiceBypass: true,
	})
	// Output:
	// read: anyone
	// update: role "editor" or author_id = principal.id
	// column price: read: signed in; create: nobody; update: role "editor"
	// service: everything
}
