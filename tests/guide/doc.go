// Package guide runs the files and commands of docs/guide.md.
package guide
