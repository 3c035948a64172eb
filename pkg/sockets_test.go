package pkg_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// openers make sockets that may be multicast or raw ones.
var openers = map[string]bool{
	"unix.Socket": true, "syscall.Socket": true,
	"net.ListenMulticastUDP": true, "net.ListenIP": true, "net.DialIP": true,
}

// ownSockets are the files that open sockets by hand, with the reason; all others
// take theirs from package multicast.
var ownSockets = map[string]string{
	"multicast/group_linux.go":      "the place for it",
	"netif/notice_linux.go":         "netlink, by which the kernel reports changes of interfaces",
	"doctor/sockets/trial_linux.go": "only binds, to see whether a port could be had",
	"sim/holder/open_linux.go":      "has ports in all the ways in which other programs have them",
}

// TestSocketsComeFromMulticast looks at the calls of all non-test files;
// TestDirectionsOfImport at the packages that set multicast options.
func TestSocketsComeFromMulticast(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for call := range calls(file) {
			if openers[call] {
				seen[filepath.ToSlash(name)] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range seen {
		if ownSockets[name] == "" {
			t.Errorf("%s opens a socket by hand: take it from package multicast", name)
		}
	}
	for name, why := range ownSockets {
		if !seen[name] {
			t.Errorf("%s opens no socket any more (%s)", name, why)
		}
	}
}

// calls are the functions of other packages that a file uses: "net.DialIP".
func calls(file *ast.File) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := s.X.(*ast.Ident); ok {
				found[of.Name+"."+s.Sel.Name] = true
			}
		}
		return true
	})
	return found
}
