# For the Cortex-M3 of ports/cortex-m: the boot loader, and one image for each bank, as the signer takes them.
ARM = arm-none-eabi-
ARM_FLAGS = -mcpu=cortex-m3 -mthumb -Os -g -ffreestanding -ffunction-sections -fdata-sections -fstack-usage
ARM_LINK = $(ARM_FLAGS) -nostdlib -Wl,--gc-sections -Wl,--fatal-warnings
ARM_CHECK = $(TINYSSH:third_party/tinyssh/%.c=build/cortex-m/%.o)
ARM_PORT = $(addprefix ports/cortex-m/,startup.c memory.c)
ARM_IMAGE = $(ARM_PORT) $(addprefix ports/cortex-m/,main.c emulated_inputs.c uart.c)
ARM_LOADER = $(ARM_PORT) ports/cortex-m/boot.c
objects = $(addprefix build/cortex-m/,$(notdir $(1:.c=.o)))

vpath %.c core generated ports ports/cortex-m build
cortex-m: build/axond-bridge-boot.elf build/axond-bridge-0.bin build/axond-bridge-1.bin

build/cortex-m: | build
	@mkdir -p $@

$(ARM_CHECK): build/cortex-m/%.o: third_party/tinyssh/%.c Makefile ports/cortex-m/cortex-m.mk | build/cortex-m
	$(ARM)gcc -std=c11 $(ARM_FLAGS) -Ithird_party/configured -c -o $@ $<

build/cortex-m/%.o: %.c $(HEADERS) Makefile ports/cortex-m/cortex-m.mk | build/cortex-m
	$(ARM)gcc $(STRICT) $(ARM_FLAGS) -c -o $@ $<

build/axond-bridge-boot.elf: $(call objects,$(BOOT) $(ARM_LOADER)) ports/cortex-m/boot.ld
	$(ARM)gcc $(ARM_LINK) -T ports/cortex-m/boot.ld -o $@ $(filter %.o,$^) -lgcc

build/axond-bridge-%.elf: $(call objects,$(CORE) $(ARM_IMAGE) signature_key.c) $(ARM_CHECK) ports/cortex-m/image.ld
	$(ARM)gcc $(ARM_LINK) -T ports/cortex-m/image.ld -Wl,--defsym=link_bank=$* -o $@ $(filter %.o,$^) -lgcc

build/axond-bridge-%.bin: build/axond-bridge-%.elf
	$(ARM)objcopy -O binary $< $@

.SECONDARY:
.PHONY: cortex-m
