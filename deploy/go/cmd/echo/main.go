// Command echo is the test workload: an HTTP server that says where it runs,
// and the client side of a network test, for images without a shell.
//
//	echo serve [ADDRESS]        answer every request with host name, peer and path
//	echo get URL [SECONDS]      print the body of URL, trying until SECONDS have passed
//	echo call SOCKET [SECONDS]  open a gRPC connection to a Unix socket and print the first bytes of the answer
//	echo lookup NAME [SECONDS]  print the addresses of NAME, trying until SECONDS have passed
//	echo sleep                  wait for SIGTERM
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	defaultAddress = ":8080"
	attemptTimeout = 2 * time.Second
	pauseBetween   = 200 * time.Millisecond
	callTimeout    = 20 * time.Second
	bodyLimit      = 1 << 20

	// RFC 9113, sections 3.4 and 6.5.
	emptySettings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	preface       = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + emptySettings
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	verb := argument(args, 0, "serve")
	switch verb {
	case "serve":
		return serve(ctx, argument(args, 1, defaultAddress))
	case "get":
		return retry(ctx, argument(args, 2, "0"), func(ctx context.Context) error { return get(ctx, argument(args, 1, "")) })
	case "call":
		return retry(ctx, argument(args, 2, "0"), func(ctx context.Context) error { return call(ctx, argument(args, 1, "")) })
	case "lookup":
		return retry(ctx, argument(args, 2, "0"), func(ctx context.Context) error { return lookup(ctx, argument(args, 1, "")) })
	case "sleep":
		<-ctx.Done()
		return nil
	default:
		return fmt.Errorf("unknown verb %q; use serve, get, call, lookup or sleep", verb)
	}
}

func argument(args []string, n int, otherwise string) string {
	if n < len(args) {
		return args[n]
	}
	return otherwise
}

func serve(ctx context.Context, address string) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              address,
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "host=%s peer=%s method=%s path=%s\n", host, r.RemoteAddr, r.Method, r.URL.Path)
		}),
	}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// retry runs attempt until it succeeds or the given number of seconds has
// passed; zero means once.
func retry(ctx context.Context, seconds string, attempt func(context.Context) error) error {
	limit, err := strconv.Atoi(seconds)
	if err != nil {
		return fmt.Errorf("seconds: %w", err)
	}
	deadline := time.Now().Add(time.Duration(limit) * time.Second)
	for {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := attempt(once)
		cancel()
		if err == nil || ctx.Err() != nil || !time.Now().Before(deadline) {
			return err
		}
		time.Sleep(pauseBetween)
	}
}

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s: %s: %s", url, response.Status, body)
	}
	_, err = os.Stdout.Write(body)
	return err
}

// call speaks just enough HTTP/2 to tell a server that lets the caller in from
// one that does not: the former answers the preface with its settings.
func call(ctx context.Context, socket string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer connection.Close()
	// A server may take its time to find out who calls.
	if err := connection.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return err
	}
	if _, err := io.WriteString(connection, preface); err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	answer := make([]byte, len(emptySettings))
	if _, err := io.ReadFull(connection, answer); err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	_, err = fmt.Printf("answered: %x\n", answer)
	return err
}

func lookup(ctx context.Context, name string) error {
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return err
	}
	_, err = fmt.Println(strings.Join(addresses, "\n"))
	return err
}
