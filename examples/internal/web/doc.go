// Package web is what the pages of the example applications share: the layout, the stylesheet,
// forms, lists, and money and times in the reader's locale. Pages are rendered by the server
// and work without JavaScript.
//
//	//go:embed templates
//	var templates embed.FS
//
//	site, err := web.New(web.Config{Name: "Contact", Templates: templates, Frame: frame})
//	router.Handle("/static/*", site.Static())
//	router.Get("/inbox", site.Handle(func(w http.ResponseWriter, r *http.Request) error {
//		page, err := messages.Page(r.Context(), store.Query{After: web.After(r)})
//		if err != nil {
//			return err // 404, 403, 409 or 500, as a page
//		}
//		return site.Page(w, r, "inbox", inboxData{page.Items, web.NewPager(r, page.Next)})
//	}))
//
// # Templates
//
// Each file templates/NAME.html is a page. It defines "title" and "main", and may define
// "head" and "foot"; templates/parts.html is shared by all pages. The dot is a [View], with
// what the handler passes in .Data. The layout has templates for parts of pages:
//
//	{{template "problems" .Data.Form}}                    the fields with errors, on top of a form
//	{{template "field" (field .Data.Form "email" "E-mail address" "email" (hint "We answer there."))}}
//	{{template "pager" .Data.Pager}}                      the end of a list: next page, or its end
//	{{template "time" ($.Locale.Time .CreatedAt)}}        a time in the reader's zone
//	{{$.Locale.Money .Cents "EUR"}}
//
// # Forms
//
// A handler reads a form, writes a row, and shows the form again where the row is invalid:
//
//	form := web.ReadForm(r)
//	err := messages.Insert(ctx, &Message{Email: form.Value("email")})
//	if form.Reject(err, "email", "The e-mail address") { // the rules of the struct's tags
//		return site.PageStatus(w, r, http.StatusUnprocessableEntity, "form", formData{form})
//	}
//
// The chain of the application rejects forms of other origins, so forms have no hidden token.
package web
