// Package mail sends the mails that an application's users have to read, as those
// of package accounts: by SMTP, or in development into a folder. It knows nothing of
// accounts. [SMTP] and [Folder] implement the mailer of accounts, and Folder also
// implements its sender of text messages.
//
//	sender, err := mail.NewSMTP(mail.SMTPConfig{
//		Host: "smtp.example.org", Username: "app", Password: password,
//		From: "Example <accounts@example.org>",
//	})
//
// # Templates
//
// A mail is a file of text and one of HTML, which say the same. The package has those
// of accounts in English and German, and [TemplatesConfig] takes an application's own,
// file by file:
//
//	layout.html            around every HTML part
//	en/common.tmpl         what the files of a language share
//	en/confirmation.txt    begins with "Subject: ..." and an empty line
//	en/confirmation.html   what stands in the layout
//
// A file that is not there is the package's own. A folder for another language holds
// as many mails as the application likes; the others are sent in the language that is
// the next best for the reader. A file of another name is a mail of the application's
// own. The values that the mail is sent with are .link, .code and so on, and besides
// there are .to, .locale and, in HTML, .subject. HTML parts are html/template's, so
// what a value says is never markup. All of them are executed when the templates are
// read: a mistake is an error then, not when the first user waits for a mail.
//
// # What cannot be sent
//
// Addresses and values with line ends or other control characters are refused, so
// none of them can add a header or another recipient, and so are links that are not
// http or https. Errors name no password, link or code, and say of a server's answers
// after the content only their numbers.
package mail
