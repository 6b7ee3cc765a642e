# Completion of talosctl for PowerShell: talosctl completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'talosctl' -ScriptBlock {
    param($WordToComplete, $CommandAst, $CursorPosition)

    $Elements = @($CommandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $CursorPosition })
    $Words = @($Elements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($WordToComplete -eq '' -and ($Words.Count -eq 0 -or $Elements[-1].Extent.EndOffset -lt $CursorPosition)) {
        # Older versions lose an empty argument on the way to a program.
        $Legacy = $PSVersionTable.PSVersion -lt [version]'7.3' -or $PSNativeCommandArgumentPassing -eq 'Legacy'
        $Words += if ($Legacy) { '""' } else { '' }
    }
    $Answer = @(& "$($Elements[0])" __complete @Words 2>$null)
    if ($Answer.Count -eq 0) { return }
    $Directive = [int]($Answer[-1].TrimStart(':'))

    # Of a flag with its value only the value is told.
    $Before = if ($WordToComplete -match '^(-[^=]*=)') { $Matches[1] } else { '' }
    $Space = if ($Directive -band 2) { '' } else { ' ' }
    $Proposals = @($Answer | Select-Object -SkipLast 1 | Where-Object { $_ })
    foreach ($Line in $Proposals) {
        $Value, $About = $Line -split "`t", 2
        if (-not $About) { $About = $Value }
        [System.Management.Automation.CompletionResult]::new("$Before$Value$Space", $Value, 'ParameterValue', $About)
    }
    # An empty text keeps PowerShell from proposing files.
    if ($Proposals.Count -eq 0 -and ($Directive -band 4)) { '' }
}
