package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
)

// fileSuffix on the name of a secret makes the variable that points to a file.
const fileSuffix = "_FILE"

// maxSecretBytes bounds what is read of a secret's file: rules for many
// speakers are long.
const maxSecretBytes = 64 << 10

// hidden stands where a secret would be printed.
const hidden = "[hidden]"

// A Secret is a text that does not show when it is printed or encoded.
type Secret string

// Reveal gives the text itself.
func (s Secret) Reveal() string { return string(s) }

// String gives "[hidden]", or "" when there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString keeps the secret out of %#v as well.
func (s Secret) GoString() string { return fmt.Sprintf("config.Secret(%q)", s.String()) }

// MarshalText keeps it out of JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// readSecretFiles returns vars with NAME filled from the file in NAME_FILE for
// every secret.
func readSecretFiles(vars map[string]string) (map[string]string, Faults) {
	values := maps.Clone(vars)
	var faults Faults
	for _, v := range Variables() {
		path := vars[v.Name+fileSuffix]
		if !v.Secret || path == "" {
			continue
		}
		secret, err := readSecretFile(path)
		switch {
		case vars[v.Name] != "":
			faults = append(faults, Fault{Name: v.Name, Value: hidden, Problem: "set together with " + v.Name + fileSuffix, Fix: "Set one of the two"})
		case err != nil:
			faults = append(faults, Fault{Name: v.Name + fileSuffix, Value: path, Problem: err.Error(), Fix: "Name a readable file that holds the secret alone"})
		default:
			values[v.Name] = secret
		}
	}
	return values, faults
}

// readSecretFile gives the content of a file without the line end that editors
// and `echo` put after it.
func readSecretFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	switch {
	case err != nil:
		return "", err
	case len(content) > maxSecretBytes:
		return "", fmt.Errorf("the file is longer than %d bytes", maxSecretBytes)
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if secret == "" {
		return "", errors.New("the file is empty")
	}
	return secret, nil
}
