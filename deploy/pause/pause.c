/* The first process of every pod: holds the pod's namespaces open, reaps the
 * orphans that its containers leave behind, ends on SIGINT or SIGTERM.
 * In C, because there is one a pod and its memory is pure overhead. */
#include <signal.h>
#include <sys/wait.h>

int main(void)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, 0);

	while (sigwait(&set, &sig) == 0 && sig == SIGCHLD)
		while (waitpid(-1, 0, WNOHANG) > 0)
			;
	return 0;
}
