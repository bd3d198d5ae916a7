// Package browsertest drives pages in Chromium as a user with a keyboard does, and checks
// them: it takes screenshots and runs axe-core.
//
//	page := browsertest.Start(t).NewPage(t)
//	page.Visit(server.URL + "/login")
//	page.Write("E-mail address", "ann@example.org")
//	page.Press("Sign in")
//	page.See("Inbox")
//	page.Check("inbox")
//
// A test without Chromium or axe-core is skipped in one line; PLINTH_TEST_REQUIRE=chromium,npm-packages
// makes that a failure. CHROMIUM names a binary that is called otherwise.
package browsertest
