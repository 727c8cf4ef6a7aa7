# The shells go beside the extension, into a folder for each version: processes that still run the
# extension of before find the shells that fit it. They are written under another name and renamed,
# so that a request that runs meanwhile sees the old file or the new one, never half of one.
install: install-mwnative-stubs

install-mwnative-stubs:
	@version=`sed -n 's/^#define PHP_MWNATIVE_VERSION "\(.*\)"/\1/p' $(srcdir)/ext/php_mwnative.h`; \
	test -n "$$version" || exit 1; \
	for host in `cd $(srcdir)/stubs && echo */ */parts/`; do \
		folder=$(INSTALL_ROOT)$(mwnative_folder)/stubs-$$version/$${host%/}; \
		echo "Installing shells:                $$folder/"; \
		$(mkinstalldirs) $$folder || exit 1; \
		for file in $(srcdir)/stubs/$$host*.php; do \
			$(INSTALL_DATA) $$file $$folder/.new || exit 1; \
			mv $$folder/.new $$folder/`basename $$file` || exit 1; \
		done; \
	done

.PHONY: install-mwnative-stubs
